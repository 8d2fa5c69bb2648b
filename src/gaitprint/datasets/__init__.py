"""Data sets: one layout a file. What a layout of one's own needs stands here."""

from gaitprint.layouts.contract import DrawingLayout, FoundSequence, Layout, Split

__all__ = ["DrawingLayout", "FoundSequence", "Layout", "Split"]
