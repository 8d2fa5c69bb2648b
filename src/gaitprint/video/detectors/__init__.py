"""Detectors of people, one a file: from a frame to boxes with scores."""
