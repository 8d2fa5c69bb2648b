"""What a model file says of itself: its card."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from gaitprint.atomic_files import sha256_json
from gaitprint.config import build_settings, settings_to_dict
from gaitprint.errors import ArtefactError, ConfigError
from gaitprint.models.seen_subjects import SeenSubjects, seen_subjects
from gaitprint.silhouettes.clips import Preprocessing

FORMAT = "gaitprint model"
VERSION = 1
_KINDS: dict[str, type | tuple[type, ...]] = {
    "network": str,
    "settings": dict,
    "classes": (int, type(None)),
    "sha256": str,
}
_OPTIONAL: dict[str, type] = {"title": str, "training": dict, "licence": str, "metrics": dict, "limits": list}


@dataclass(frozen=True)
class ModelDescription:
    """What a model does not say itself: whoever saves it knows it."""

    preprocessing: Preprocessing
    """How frames become its input."""
    title: str = ""
    training: dict[str, Any] = field(default_factory=dict)
    """What it was trained on and how, or imported from, and whom its weights have seen; plain values."""
    licence: str = ""
    """Of the weights."""
    metrics: dict[str, Any] = field(default_factory=dict)
    """Figures of its training, and as `figures` those on people it has not seen; plain values."""
    limits: list[str] = field(default_factory=list)
    """Where it is known to fail, a sentence each."""


@dataclass(frozen=True, kw_only=True)
class ModelCard(ModelDescription):
    """Everything that a model file says of its tensors."""

    network: str
    """Name of the component."""
    settings: dict[str, Any]
    """Of the network; plain values."""
    classes: int | None
    """People that its classifier tells apart; None: it has none."""
    sha256: str
    """Of all tensors, see `tensors_digest`."""

    @classmethod
    def from_dict(cls, values: dict[str, Any], path: Path) -> "ModelCard":
        """Check the card in the metadata of a file.

        Args:
            values: as `to_dict` gives them.
            path: of the file, for errors.

        Raises:
            ArtefactError: of another version, changed since it was written, or a value is missing or of another kind.
        """
        if values.get("version") != VERSION:
            raise ArtefactError(
                f"{path} is of version {values.get('version')!r} and this gaitprint reads {VERSION}: update gaitprint"
            )
        if values.get("card_sha256", _digest(values)) != _digest(values):
            raise ArtefactError(f"{path} is damaged or was changed: its card has another sha256; get the file again")
        given = {key: values[key] for key in _OPTIONAL if key in values}
        for key, kind in {**_KINDS, **{key: _OPTIONAL[key] for key in given}}.items():
            if key not in values or not isinstance(values[key], kind):
                raise ArtefactError(f"{path}'s card lacks a proper {key!r}: get the file again")
        try:
            preprocessing = build_settings(Preprocessing, values.get("preprocessing"), "preprocessing")
        except ConfigError as error:
            raise ArtefactError(
                f"{path} does not say how frames become its input ({error}): get the file again"
            ) from None
        return cls(preprocessing, **given, **{key: values[key] for key in _KINDS})

    def to_dict(self) -> dict[str, Any]:
        """Plain values for the file's metadata, with a digest: preprocessing decides vectors as much as weights do."""
        values = {
            "title": self.title,
            "preprocessing": settings_to_dict(self.preprocessing),
            "training": self.training,
            "licence": self.licence,
            "metrics": self.metrics,
            "limits": self.limits,
            "format": FORMAT,
            "version": VERSION,
            "network": self.network,
            "settings": self.settings,
            "classes": self.classes,
            "sha256": self.sha256,
        }
        return {**values, "card_sha256": _digest(values)}

    @cached_property
    def seen(self) -> SeenSubjects:
        """Whom its weights have seen."""
        return seen_subjects(self.training)

    @property
    def facts(self) -> dict[str, Any]:
        """What embeddings keep of the network that made them."""
        return {
            "network": self.network,
            "settings": self.settings,
            "preprocessing": settings_to_dict(self.preprocessing),
            "title": self.title,
            "sha256": self.sha256,
            "seen": self.seen.to_dict(),
        }

    def classifies(self, dataset: str, subjects: Sequence[str]) -> bool:
        """Whether its classes are these people, in this order; where the card does not say whose they are, they may."""
        if "subjects" not in self.training:
            return True
        return (self.training.get("dataset"), self.training["subjects"]) == (dataset, list(subjects))


def _digest(values: dict[str, Any]) -> str:
    """SHA-256 of what a card says, its own digest left out."""
    return sha256_json({key: value for key, value in values.items() if key != "card_sha256"})
