"""The phone client in Safari's engine."""
