"""Ablations, training runs and what a gallery takes, as values; and what a measurement is asked for."""
