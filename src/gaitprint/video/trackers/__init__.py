"""Trackers, one a file: from the boxes of each frame to people over time."""
