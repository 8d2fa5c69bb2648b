"""A gallery kept for live use: what one probe changes in it, and nothing else, is computed."""
