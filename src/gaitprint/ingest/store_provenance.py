"""What a store was made of, in words; and whether a source is the same one at another place."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gaitprint.errors import ArtefactError
from gaitprint.ingest.frame_settings import FrameSettings
from gaitprint.ingest.sequence_sources import SequenceSource
from gaitprint.store import Store, is_store

SAMPLE = 3
"""Sequences that are read and compared to know a source again at another place."""


def made_of(
    feed: SequenceSource, values: Mapping[str, Any], how: FrameSettings, subjects: Sequence[str] | None
) -> dict[str, Any]:
    """Source and settings, flat and plain: what a store may be brought up to date under."""
    # without the quotation marks of `ascii`
    facts = {"source": feed.place[1:-1] or "synthetic", **{f"setting {key}": value for key, value in values.items()}}
    facts |= {"size": how.size, "edge rule": how.edge_rule}
    if subjects is not None:
        facts["subjects"] = sorted(subjects)
    # as it comes back from the head: tuples are lists there
    plain: dict[str, Any] = json.loads(json.dumps(facts))
    return plain


def finished(out: Path) -> tuple[Store | None, str]:
    """The finished store at `out`; None where there is none, or where it is damaged, and then what is.

    Raises:
        ArtefactError: its head is damaged or of another version: what it is made of is not known.
    """
    if not is_store(out):
        return None, ""
    try:
        return Store.open(out), ""
    except ArtefactError as error:
        Store.check_head(out)
        return None, str(error).partition(": prepare the store again")[0]


def has_moved(before: Store, feed: SequenceSource, ours: Mapping[str, Any]) -> bool:
    """Whether the source is the one that the store was made of, at another place.

    It is where all settings agree, half of the store's sequences at least are there under their records, and of a few
    of them that are read one has the same frames: others may have changed since.
    """
    theirs = before.head.made_of
    if not theirs or {**theirs, "source": ""} != {**ours, "source": ""}:
        return False
    there = {record.key: record for record in feed.everything}
    common = [row for row in before.rows if there.get(row.key) == row.record]
    if not common or 2 * len(common) < len(before.records):
        return False
    # spread over the common rows; at most SAMPLE of them
    sample = {row.key: row.sha256 for row in common[:: max(1, len(common) // SAMPLE)][:SAMPLE]}
    read = feed.read(frozenset(there.keys() - sample.keys()), {}, {})
    digests = {record.key: result.packed.sha256 for record, _, result in read if result.packed is not None}
    return any(digests.get(key) == frames for key, frames in sample.items())
