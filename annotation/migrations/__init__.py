"""Migrations of the annotation app."""
