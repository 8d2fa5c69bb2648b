"""Losses on part features."""
