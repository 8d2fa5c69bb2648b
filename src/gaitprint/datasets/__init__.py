"""Data sets: one layout a file. What a layout of one's own needs stands here."""

from gaitprint.layouts.contract import FoundSequence, Layout, Split

__all__ = ["FoundSequence", "Layout", "Split"]
