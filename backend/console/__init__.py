"""The web pages for managers and scientists."""
