"""The head of a store, `store.json`: written last, it makes a store what it is."""

from dataclasses import dataclass, field
from typing import Any

from gaitprint.config import require
from gaitprint.store._packing import MAX_PIXELS, Form
from gaitprint.store.partition import Partition
from gaitprint.store.plan import StorePlan


@dataclass(frozen=True)
class StoreHead:
    """What a store is, and which index counts."""

    dataset: str
    """Name of the layout."""
    size: tuple[int, int]
    """H, W of every frame."""
    form: Form
    """How frames are packed."""
    made_from: str
    """Fingerprint of source and settings; it is brought up to date under the same alone."""
    generation: int
    """How often it was published."""
    index: str
    """File name of the index."""
    bytes: int
    """How much of the data file counts; behind it an unfinished update may have written."""
    index_sha256: str = ""
    """Of the index file."""
    sequences: int = 0
    """Rows of the index."""
    fingerprint: str = ""
    """Of every record and frame."""
    layout: dict[str, Any] = field(default_factory=dict)
    """Settings of the layout, which its splits need later."""
    partition: Partition | None = None
    """Who trains and who is tested, where that was said; its split is then the usual one."""
    made_of: dict[str, Any] = field(default_factory=dict)
    """What `made_from` is the fingerprint of, in words; empty where an earlier version wrote it."""
    written_by: str = ""
    """Version of this package that wrote it; empty the same."""
    format: str = "gaitprint-store"
    """Says what the file is."""
    version: int = 2
    """Of the format."""

    def __post_init__(self) -> None:
        fits = min(self.size) >= 1 and self.size[0] * self.size[1] <= MAX_PIXELS
        require(fits, f"size is H, W of at least 1 pixel and at most {MAX_PIXELS}, found {self.size}")
        require("/" not in self.index and "\\" not in self.index, f"index is a file's name, found {self.index!r}")
        require(self.bytes >= 0, f"bytes is not negative, found {self.bytes}")

    @property
    def plan(self) -> StorePlan:
        """The plan under which it is brought up to date."""
        return StorePlan(self.dataset, self.size, self.form, self.layout, self.made_from, self.made_of)
