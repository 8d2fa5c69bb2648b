"""Embeddings from a file or from memory, and the rows of them that somebody asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gaitprint.arguments import settle_fields
from gaitprint.errors import ProtocolError, did_you_mean
from gaitprint.inference.embeddings_file import load_embeddings
from gaitprint.types import Embeddings, SequenceRecord


def open_embeddings(embeddings: Path | Embeddings) -> Embeddings:
    """Embeddings as they are, or read from their file."""
    return embeddings if isinstance(embeddings, Embeddings) else load_embeddings(embeddings)


@dataclass(frozen=True)
class SequenceFilter:
    """Which sequences are meant: all, but for what is named here."""

    subjects: Sequence[str] | None = None
    """Only these; None: all."""
    views: Sequence[str] | None = None
    """Likewise."""
    conditions: Sequence[str] | None = None
    """Likewise."""
    key_lists: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Named lists of sequence keys that a protocol asks for, such as the `PROBE_SET` of a partition file."""

    def __post_init__(self) -> None:
        settle_fields(self)

    def open(self, embeddings: Path | Embeddings) -> Embeddings:
        """Read embeddings, where they are a file, and take what is let through.

        Raises:
            ArtefactError: see `load_embeddings`. ProtocolError: see `apply`.
        """
        return self.apply(open_embeddings(embeddings))

    def apply(self, embeddings: Embeddings) -> Embeddings:
        """Take the sequences of the wanted subjects, views and conditions; the lists are the protocol's to read.

        Raises:
            ProtocolError: a name that no sequence has, or nothing is left.
        """
        keep = list(range(len(embeddings)))
        for word, wanted in (("subject", self.subjects), ("view", self.views), ("condition", self.conditions)):
            if wanted is None:
                continue
            present = {name for r in embeddings.records if (name := _name(r, word)) is not None}
            for name in wanted:
                if name not in present:
                    part = _part(embeddings) if word == "subject" else ""
                    raise ProtocolError(f"no sequence has the {word} {name!r}{part}: {did_you_mean(name, present)}")
            # every name is checked first: one that is misspelt would silently ask for fewer
            names = frozenset(wanted)
            keep = [i for i in keep if _name(embeddings.records[i], word) in names]
        if not keep:
            raise ProtocolError(
                "no sequence has the subjects, views and conditions asked for: ask for fewer restrictions"
            )
        return embeddings if len(keep) == len(embeddings) else embeddings.select(keep)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        names = {"subjects": self.subjects, "views": self.views, "conditions": self.conditions}
        said = {word: None if wanted is None else list(wanted) for word, wanted in names.items()}
        return {**said, "lists": {name: list(keys) for name, keys in self.key_lists.items()}}


def _part(embeddings: Embeddings) -> str:
    """Which side of the split was embedded, in words; nothing where the embeddings do not say it."""
    networks = embeddings.settings.get("networks")
    first = networks[0] if isinstance(networks, list) and networks and isinstance(networks[0], dict) else {}
    part = embeddings.settings.get("part", first.get("part"))
    return f", for the {part} part was embedded" if part in ("test", "train") else ""


def _name(record: SequenceRecord, word: str) -> str | None:
    return {"subject": record.subject, "view": record.view, "condition": record.condition}[word]
