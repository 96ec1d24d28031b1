"""Background work as rows: the broker may lose everything, the table loses nothing."""
