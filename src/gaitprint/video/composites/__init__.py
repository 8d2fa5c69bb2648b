"""Clips put together from walkers drawn in code and a background, with the truth of every frame.

They try a chain without a camera, and measure it: who is where, and which pixels are theirs, is known.
"""
