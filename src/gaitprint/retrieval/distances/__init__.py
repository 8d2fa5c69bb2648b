"""Distances between embeddings: exact, and by estimates with a bound."""
