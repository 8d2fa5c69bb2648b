"""Data sets of silhouettes, and the stores made of them."""
