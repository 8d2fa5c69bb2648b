"""How a gallery differs from the fitted one: with a probe beside it for one answer, or by an edit that is committed."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float32, Int


@dataclass(frozen=True)
class GalleryDelta:
    """A fitted gallery's items that have other vectors now or leave it, and items that enter it.

    A probe is an item that enters in front of all others, for one answer. Items that are inserted enter behind all
    others. Equal distances fall in this order, as they do where the whole is computed at once.
    """

    probe: Float32[np.ndarray, "p D"]
    """One, or none where the delta is an edit to be committed."""
    rows: Int[np.ndarray, " m"]
    """Items of the fitted gallery that have other vectors now, in their order, each once; none of them is removed."""
    vectors: Float32[np.ndarray, "m D"]
    """What they are now."""
    removed: Int[np.ndarray, " r"]
    """Items of the fitted gallery that leave, in their order, each once."""
    inserted: Float32[np.ndarray, "n D"]
    """Items that enter."""

    @classmethod
    def of_probe(cls, probe: Float32[np.ndarray, " D"]) -> "GalleryDelta":
        """Put a probe beside the gallery; no step has changed anything yet."""
        none = np.zeros((0, len(probe)), np.float32)
        return cls(probe[None], np.zeros(0, np.int64), none, np.zeros(0, np.int64), none)

    @classmethod
    def edit(cls, removed: Int[np.ndarray, " r"], inserted: Float32[np.ndarray, "n D"]) -> "GalleryDelta":
        """Take items out of the gallery and put others in."""
        none = np.zeros((0, inserted.shape[1]), np.float32)
        return cls(none, np.zeros(0, np.int64), none, removed, inserted)

    @property
    def size(self) -> int:
        """How many items are not as they were fitted."""
        return len(self.probe) + len(self.rows) + len(self.removed) + len(self.inserted)

    def stays(self, items: int) -> Bool[np.ndarray, " G"]:
        """Which of so many fitted items are not removed."""
        mask = np.ones(items, bool)
        mask[self.removed] = False
        return mask

    def patched(self, fitted: Float32[np.ndarray, "G D"]) -> Float32[np.ndarray, "N D"]:
        """Make the whole gallery as it is now, without the probe; not a copy where nothing changed."""
        if not self.size - len(self.probe):
            return fitted
        whole = fitted.copy()
        # order: who stays, then who enters, as in a gallery that is enrolled from the start
        whole[self.rows] = self.vectors
        return np.concatenate([whole[self.stays(len(fitted))], self.inserted])

    def answered(
        self,
        probe: Float32[np.ndarray, " D"],
        fitted: Float32[np.ndarray, "G D"],
        rows: Int[np.ndarray, " m"],
        vectors: Float32[np.ndarray, "m D"],
    ) -> "GalleryDelta":
        """What a step makes of a probe, and of items those that are not as the step fitted them."""
        differ = (fitted[rows] != vectors).any(axis=1)
        return replace(self, probe=probe[None], rows=rows[differ], vectors=vectors[differ])

    def carried(self, before: Float32[np.ndarray, "G D"], after: Float32[np.ndarray, "N D"]) -> "GalleryDelta":
        """The same edit in the vectors that a step made of the gallery before it and after it."""
        staying = np.flatnonzero(self.stays(len(before)))
        differ = (before[staying] != after[: len(staying)]).any(axis=1)
        return replace(
            self, rows=staying[differ], vectors=after[: len(staying)][differ], inserted=after[len(staying) :]
        )
