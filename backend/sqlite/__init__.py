"""SQLite for the embedded platform: Django's own backend, with writers that queue."""
