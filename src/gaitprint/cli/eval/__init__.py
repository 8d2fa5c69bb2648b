"""Embeddings measured under a protocol."""
