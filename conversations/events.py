"""Placeholder, being written by the owner of the core."""
