"""Pure rules: no database, no network."""
