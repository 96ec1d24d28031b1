"""The supervisor and the services it starts."""
