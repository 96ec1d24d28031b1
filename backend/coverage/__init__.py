"""How much of what was wanted is there: cells and counters, in plain keys and milliseconds."""
