"""The console's pages, by Django's test client."""
