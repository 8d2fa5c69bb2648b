"""Whom the small copy of the demo holds: some of those who train in the real one, and some who are tested there."""

from typing import Any

WALKERS: dict[str, Any] = {
    # the last four that train in the real demo, and the first four that are tested
    "start": 17,
    "subjects": 8,
    "frames": 9,
    "conditions": ["nm-01", "nm-02", "nm-05", "bg-01", "cl-01"],
    "views": ["000", "054", "090"],
}
