"""Whom a network or a calibration has seen, and what must be said of figures on those people."""
