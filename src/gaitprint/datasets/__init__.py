"""Data sets: one layout a file."""
