"""What an exported file says of itself."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from gaitprint.atomic_files import sha256_json
from gaitprint.errors import ArtefactError
from gaitprint.models.card import ModelCard

FORMAT = "gaitprint export"
VERSION = 1
MAKER = "gaitprint model export"
KEY = "gaitprint"
"""Under which a file of another kind holds the card."""
Precision = Literal["float32", "int8"]


@dataclass(frozen=True)
class ExportCard:
    """The card of the model file it was made of, and what was done with it."""

    model: ModelCard
    height: int
    """Frames have this many rows, or a multiple."""
    precision: Precision = "float32"
    checked: dict[str, Any] = field(default_factory=dict)
    """What was found when it was compared with the network; plain values."""

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        own = {"height": self.height, "precision": self.precision, "checked": self.checked}
        return {"format": FORMAT, "version": VERSION, "model": self.model.to_dict(), **own}

    @classmethod
    def from_dict(cls, values: Any, path: Path) -> "ExportCard":
        """Check what `to_dict` gave.

        Args:
            path: of the file, for errors.

        Raises:
            ArtefactError: foreign, of another version, or a value is missing or of another kind.
        """
        if not isinstance(values, dict) or values.get("format") != FORMAT:
            raise ArtefactError(f"{path} has no card of ours: `{MAKER}` writes files that have one")
        if values.get("version") != VERSION:
            found = values.get("version")
            raise ArtefactError(f"{path} is of version {found!r} and this gaitprint reads {VERSION}: update gaitprint")
        height, precision, checked, model = (values.get(k) for k in ("height", "precision", "checked", "model"))
        if not (
            isinstance(height, int)
            and (precision == "float32" or precision == "int8")
            and isinstance(checked, dict)
            and isinstance(model, dict)
        ):
            raise ArtefactError(f"{path}'s card lacks what an exported file says of itself: export it again")
        return cls(ModelCard.from_dict(model, path), height, precision, checked)


def sealed(card: ExportCard, digests: dict[str, str]) -> str:
    """A card as JSON, with the SHA-256 of what it is the card of, and its own."""
    values = {**card.to_dict(), "sha256": digests}
    return json.dumps({**values, "card_sha256": sha256_json(values)}, ensure_ascii=True, allow_nan=False)


def unsealed(text: str, digests: dict[str, str], path: Path) -> ExportCard:
    """Read `sealed` again.

    Args:
        digests: of what the file really holds.

    Raises:
        ArtefactError: one bit of the card or of what it belongs to is another.
    """
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        values = None
    if not isinstance(values, dict) or values.get("format") != FORMAT:
        return ExportCard.from_dict(values, path)
    own = values.pop("card_sha256", None)
    if own != sha256_json(values) or values.get("sha256") != digests:
        raise ArtefactError(
            f"{path} is damaged or was changed since it was exported (SHA-256 differs): export it again"
        )
    return ExportCard.from_dict(values, path)
