"""Distances, expansion, re-ranking: numpy only."""
