"""Tests, grouped by how much of the platform they need."""
