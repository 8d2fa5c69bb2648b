"""Protocols, metrics, intervals, answer files: numpy only."""
