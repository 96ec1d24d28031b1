"""How much of what was wanted is there: cells and their counters, in plain keys and milliseconds."""
