"""Segmenters, one a file: from a frame and the people tracked in it to the mask of each."""
