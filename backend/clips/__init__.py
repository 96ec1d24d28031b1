"""The heart: sessions, clips and the one table of states they move through."""
