"""Fixtures for every test; the real services behind them are started by tests/services.py."""
