"""The finished state that a writer begins from, where it is of the same source and settings."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gaitprint.errors import ArtefactError
from gaitprint.store._publishing import read_quarantine
from gaitprint.store._recovery import refuse_others
from gaitprint.store.index import StoredSequence
from gaitprint.store.journal import SetAside
from gaitprint.store.partition import Partition
from gaitprint.store.plan import StorePlan
from gaitprint.store.reader import Store, is_store, read_head


@dataclass(frozen=True)
class Base:
    """What is there and counts; as it stands, that of a new store."""

    rows: dict[str, StoredSequence] = field(default_factory=dict)
    """The index, by key."""
    aside: dict[str, SetAside] = field(default_factory=dict)
    """What is left out, by key."""
    generation: int = 1
    """Of the state that is about to be written."""
    end: int = 0
    """Where its data end, bytes."""
    index: str = ""
    """File name of its index."""
    partition: Partition | None = None
    """Who trains and who is tested."""
    made_of: Mapping[str, Any] | None = None
    """Its source and settings in words."""


def read_base(root: Path, plan: StorePlan, anew: bool) -> Base:
    """The finished state, if there is one.

    Args:
        root: the store's folder.
        plan: what is about to be made.
        anew: where its index or frames are damaged or gone, let nothing of them count, and all be written anew.

    Raises:
        ArtefactError: it is damaged. DataError: it is of another source, or made under other settings.
    """
    if not is_store(root):
        return Base()
    head = read_head(root)
    refuse_others(root, "prepared", head.plan.to_dict(), plan.to_dict())
    following = head.generation + 1
    try:
        rows = {row.key: row for row in Store.open(root).rows}
    # the generation still counts on: an index of the same name could be open in a reader, and must not be written
    # over
    except ArtefactError:
        if not anew:
            raise
        return Base(generation=following, partition=head.partition)
    aside = read_quarantine(root)
    return Base(rows, aside, following, head.bytes, head.index, head.partition, head.made_of)
