"""What the machine thinks of the sound, and what a person decides about it."""
