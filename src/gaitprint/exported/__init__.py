"""A trained network as a file that runs without torch: written, checked, opened."""
