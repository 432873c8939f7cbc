"""Platforms on loopback: real HTTP, real state, and the vendor's own strictness."""
