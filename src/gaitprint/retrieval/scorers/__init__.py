"""Scorers: embeddings in, distances of probes to gallery out, one a file."""
