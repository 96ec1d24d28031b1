"""The annotation slice, against a double for faults and a real Label Studio for truth."""
