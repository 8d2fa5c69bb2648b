"""A fitted gallery in live use: what a probe or an edit changes in it, and nothing else, is computed."""
