"""Bytes: stored once, addressed by hash."""
