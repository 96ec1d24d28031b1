"""The rehearsal: a field day played against a running platform through its public API only."""
