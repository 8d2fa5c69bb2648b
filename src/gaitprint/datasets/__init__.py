"""Data sets: one layout a file. What a layout of one's own needs stands here."""

from gaitprint.datasets._layout import FoundSequence, Layout, Split

__all__ = ["FoundSequence", "Layout", "Split"]
