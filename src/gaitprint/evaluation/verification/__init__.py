"""One to one and searches with strangers: error rates, calibration, decisions."""
