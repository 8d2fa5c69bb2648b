"""People who are enrolled: kept for good, looked up, corrected, forgotten; see `gaitprint.gallery.gallery.Gallery`."""
