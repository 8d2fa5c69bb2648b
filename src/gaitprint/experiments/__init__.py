"""Ablations and training runs as values."""
