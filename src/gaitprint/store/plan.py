"""What a store is to hold: under another plan than the one it was begun under, it is not gone on with."""

from dataclasses import dataclass, field
from typing import Any

from gaitprint.store._packing import Form


@dataclass(frozen=True)
class StorePlan:
    """The data set, the frames and the source of a store, settled before its first sequence is written."""

    dataset: str
    """Name of the layout."""
    size: tuple[int, int]
    """H, W of every frame."""
    form: Form = "compact"
    """How frames are packed."""
    layout: dict[str, Any] = field(default_factory=dict)
    """Settings of the layout, which its splits need later."""
    made_from: str = ""
    """Fingerprint of source and settings; what is there goes on under the same alone."""
    made_of: dict[str, Any] = field(default_factory=dict)
    """What `made_from` is the fingerprint of, in words."""

    def to_dict(self) -> dict[str, Any]:
        """Plain values for a journal. The layout's settings are not among them: `made_from` counts them."""
        return {
            "dataset": self.dataset,
            "size": list(self.size),
            "form": self.form,
            "made_from": self.made_from,
            "made_of": self.made_of,
        }
