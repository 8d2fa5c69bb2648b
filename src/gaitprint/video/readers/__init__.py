"""Readers of video, one a file: from a source to frames with their real times."""
