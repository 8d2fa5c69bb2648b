"""What goes wrong silently is said aloud: collapse and chance-level accuracy."""

from collections import deque
from collections.abc import Mapping

PATIENCE = 200
"""Iterations a state must last before it is called out."""
DRAWS = 20
"""Batches that every subject should have been in before chance level is held against the classifier."""


class Alarms:
    """Watches the figures of a run and answers each trouble once, as a sentence.

    Args:
        margin: of the triplet loss.
        classes: subjects of the training part.
        drawn: subjects of a batch; with thousands of classes and few of them in a batch, a classifier has the right to
            know nothing for a while.
    """

    def __init__(self, margin: float, classes: int, drawn: int) -> None:
        self._margin, self._classes = margin, classes
        # iterations until every subject has been in so many batches on average
        self._young = DRAWS * classes / drawn
        self._seen = 0
        self._triplet: deque[tuple[float, float]] = deque(maxlen=PATIENCE)
        self._accuracy: deque[float] = deque(maxlen=PATIENCE)
        self._said: set[str] = set()

    def see(self, figures: Mapping[str, float]) -> list[str]:
        """Take in one iteration's figures; return what must be said now."""
        if "triplet" in figures:
            self._triplet.append((figures["triplet"], figures["active_share"]))
        if "accuracy" in figures:
            self._accuracy.append(figures["accuracy"])
            self._seen += 1
        messages = {"collapse": self._collapse(), "chance": self._chance()}
        new = [(kind, text) for kind, text in messages.items() if text and kind not in self._said]
        self._said.update(kind for kind, _ in new)
        return [text for _, text in new]

    def _collapse(self) -> str:
        if len(self._triplet) < PATIENCE:
            return ""
        near = all(abs(loss - self._margin) < 0.01 * self._margin and share > 0.99 for loss, share in self._triplet)
        if not near:
            return ""
        return (
            f"COLLAPSE: for {PATIENCE} iterations the triplet loss has stood at the margin {self._margin} with every "
            "triplet active: all sequences look alike to the network; lower the learning rate or add a classifier loss"
        )

    def _chance(self) -> str:
        if len(self._accuracy) < PATIENCE or self._seen < self._young:
            return ""
        accuracy, chance = sum(self._accuracy) / PATIENCE, 1 / self._classes
        if accuracy > 1.5 * chance:
            return ""
        return (
            f"CHANCE LEVEL: over the last {PATIENCE} batches the classifier is right in {accuracy:.1%}, guessing gives "
            f"{chance:.1%}: check the labels, the learning rate and that the frames are silhouettes"
        )
