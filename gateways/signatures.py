"""Signatures over raw bodies, compared in constant time, failing closed (being written)."""
