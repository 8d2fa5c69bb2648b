"""Silhouette frames: reading, normalisation, clips."""
