"""Transforms of embeddings before they are compared, one a file."""
