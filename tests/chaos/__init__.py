"""Parts of a running platform are killed or lost, and nothing that was promised is."""
