"""`gaitprint model show`: what a model file says of itself."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gaitprint.models.card import ModelCard
from gaitprint.models.card_figures import CardFigure, card_figures
from gaitprint.models.model_file import read_model_file
from gaitprint.models.shipped import find_model, shipped
from gaitprint.provenance.seen_people import people_in


@dataclass(frozen=True)
class ShownModel:
    """A model file, read whole and found sound."""

    file: Path
    bytes: int
    """Of the file."""
    numbers: int
    """In its tensors."""
    card: ModelCard

    @property
    def people(self) -> list[str]:
        """Who is in its weights, a line a data set."""
        return people_in(self.card.seen)

    @property
    def figures(self) -> tuple[CardFigure, ...]:
        """How well it does, as its card says."""
        return card_figures(self.card.metrics)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        facts = {"file": str(self.file), "bytes": self.bytes, "numbers": self.numbers, "people": self.people}
        return {**facts, **self.card.to_dict()}


def show_model(model: Path | None = None) -> ShownModel:
    """Read a model file, compare its bytes with its SHA-256, and hand over its card.

    Args:
        model: a model file, or the name of shipped weights; None: those that are used where no model is given.

    Raises:
        ArtefactError: missing, damaged, or no model file of ours. ConfigError: its card's figures are none.
    """
    file = shipped() if model is None else find_model(model)
    card, tensors = read_model_file(file)
    card_figures(card.metrics)  # what a card holds is another's: found out here, not while it is printed
    return ShownModel(file, file.stat().st_size, sum(t.numel() for t in tensors.values()), card)
