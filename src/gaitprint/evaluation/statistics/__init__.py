"""Intervals and tests over subjects, and what a number of subjects can promise."""
