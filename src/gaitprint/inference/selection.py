"""Embeddings from a file or from memory, and the rows of them that somebody asked for."""

from collections.abc import Sequence
from pathlib import Path

from gaitprint.errors import ProtocolError, did_you_mean
from gaitprint.inference.embeddings_file import load_embeddings
from gaitprint.types import Embeddings, SequenceRecord


def open_embeddings(embeddings: Path | Embeddings) -> Embeddings:
    """Embeddings as they are, or read from their file."""
    return embeddings if isinstance(embeddings, Embeddings) else load_embeddings(embeddings)


def filter_embeddings(
    embeddings: Embeddings,
    subjects: Sequence[str] | None = None,
    views: Sequence[str] | None = None,
    conditions: Sequence[str] | None = None,
) -> Embeddings:
    """The sequences of the given subjects, views and conditions; None is all.

    Raises:
        ProtocolError: a name that no sequence has, or nothing is left.
    """
    keep = list(range(len(embeddings)))
    for word, names_asked in (("subject", subjects), ("view", views), ("condition", conditions)):
        if names_asked is None:
            continue
        present = {name for r in embeddings.records if (name := _name(r, word)) is not None}
        for name in names_asked:
            if name not in present:
                part = _part(embeddings) if word == "subject" else ""
                raise ProtocolError(f"no sequence has the {word} {name!r}{part}: {did_you_mean(name, present)}")
        # every name is checked first: one that is misspelt would silently ask for fewer
        names = frozenset(names_asked)
        keep = [i for i in keep if _name(embeddings.records[i], word) in names]
    if not keep:
        raise ProtocolError("no sequence has the subjects, views and conditions asked for: ask for fewer restrictions")
    return embeddings if len(keep) == len(embeddings) else embeddings.select(keep)


def _part(embeddings: Embeddings) -> str:
    """Which side of the split was embedded, in words; nothing where the embeddings do not say it."""
    networks = embeddings.settings.get("networks")
    first = networks[0] if isinstance(networks, list) and networks and isinstance(networks[0], dict) else {}
    part = embeddings.settings.get("part", first.get("part"))
    return f", for the {part} part was embedded" if part in ("test", "train") else ""


def _name(record: SequenceRecord, word: str) -> str | None:
    return {"subject": record.subject, "view": record.view, "condition": record.condition}[word]
