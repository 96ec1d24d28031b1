"""Who speaks and what they allowed: the one place of personal data."""
