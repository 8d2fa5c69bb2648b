"""Opening a store: the index is mapped and checked, frames are read from the map when asked for."""

import logging
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32

from gaitprint.atomic_files import read_json
from gaitprint.config import build_settings
from gaitprint.errors import ArtefactError, ConfigError, DataError
from gaitprint.store._folder import FRAMES, HEAD, JOURNAL
from gaitprint.store._head import StoreHead
from gaitprint.store._packing import Form, pack, unpack
from gaitprint.store.index import Index, StoredSequence, open_index
from gaitprint.store.partition import Partition
from gaitprint.types import Frames, SequenceRecord

_LOG = logging.getLogger(__name__)


class Store:
    """An opened store: a `SequenceSet` whose bytes all readers on a machine share.

    It can be handed to another process: there it is opened anew, and must be what it was here.
    """

    def __init__(self, root: Path, head: StoreHead, index: Index) -> None:
        self.root, self.head = root, head
        self._index = index
        self._map = _mapped(root / FRAMES, head.bytes)
        ends = index.offsets + index.bytes
        sound = len(index) == head.sequences and (
            not len(index)
            or (
                index.lengths.min() >= 1
                and index.bytes.min() >= 1
                and index.offsets.min() >= 0
                and ends.max() <= head.bytes
            )
        )
        if not sound:
            raise ArtefactError(f"the index of {root} does not fit its frames: prepare the store again")

    @classmethod
    def open(cls, root: Path) -> "Store":
        """Open a finished store, or the last finished state of one that is being brought up to date.

        Raises:
            ArtefactError: there is none, it is unfinished, damaged or of another version.
        """
        root = Path(root)
        head = read_head(root)
        while True:
            try:
                store = cls(root, head, open_index(root / head.index, head.index_sha256))
                _LOG.info("opened %s: %s, %s", root, head.dataset, head.fingerprint[:12])
                return store
            except ArtefactError:
                # the same head twice is damage; another one was published since, and is opened instead
                before, head = head, read_head(root)
                if head == before:
                    raise
                # published in between, and the index that was to be opened is gone

    @staticmethod
    def check_head(root: Path) -> None:
        """Raise ArtefactError where the head alone is damaged, of another version, or missing."""
        read_head(Path(root))

    def __reduce__(self) -> tuple[Any, ...]:
        return _reopen, (self.root, self.head.fingerprint)

    @property
    def dataset(self) -> str:
        """Name of the layout it was prepared from."""
        return self.head.dataset

    @property
    def layout(self) -> dict[str, Any]:
        """Settings of the layout: its splits need them."""
        return dict(self.head.layout)

    @property
    def partition(self) -> Partition | None:
        """The partition, where one was given: subjects that train and that are tested."""
        return self.head.partition

    @property
    def form(self) -> Form:
        """How the frames are packed."""
        return self.head.form

    @property
    def records(self) -> tuple[SequenceRecord, ...]:
        return self._index.records

    @property
    def rows(self) -> tuple[StoredSequence, ...]:
        """The whole index as values; `row` gives one."""
        return self._index.rows()

    def row(self, index: int) -> StoredSequence:
        """One row of the index."""
        return self._index.rows(index, index + 1)[0]

    @property
    def lengths(self) -> tuple[int, ...]:
        return tuple(self._index.lengths.tolist())

    @property
    def size(self) -> tuple[int, int]:
        return self.head.size

    @property
    def fingerprint(self) -> str:
        return self.head.fingerprint

    @property
    def used(self) -> int:
        """Bytes of the data file that sequences use; updates leave the bytes of what they replaced behind."""
        return int(self._index.bytes.sum())

    @property
    def quality(self) -> dict[str, Float32[np.ndarray, " N"]]:
        """The measurements made while preparing, a column each; NaN where one could not be made."""
        return self._index.quality()

    def frames(self, index: int, start: int = 0, stop: int | None = None) -> Frames:
        """Frames start..stop-1 of sequence `index`, uint8 [T, H, W], read-only.

        Raises:
            ArtefactError: the packed frames are damaged.
        """
        length, offset = int(self._index.lengths[index]), int(self._index.offsets[index])
        # as a slice of a list: negative places count from the end, those beyond are cut
        first, last, _ = slice(start, stop).indices(length)
        blob = self._map[offset : offset + int(self._index.bytes[index])]
        try:
            return unpack(blob, self.head.form, length, self.head.size, first, max(last, first))
        except ValueError as error:
            raise self._damage(index, str(error)) from None

    def verified_frames(self, index: int) -> Frames:
        """All frames of sequence `index`, held against their checksum: for whoever hands them on.

        Raises:
            ArtefactError: they are damaged.
        """
        frames = self.frames(index)
        if pack(frames, "raw").sha256 != self.row(index).sha256:
            raise self._damage(index, "its frames are not what was written")
        return frames

    def _damage(self, index: int, what: str) -> ArtefactError:
        key, cure = self._index.records[index].key, f"`gaitprint data doctor {self.root} --fix`"
        return ArtefactError(
            f"{key} in {self.root} is damaged ({what}): take it out by {cure} and prepare the store again"
        )


def is_store(root: Path) -> bool:
    """Whether a finished store lies in `root`."""
    return _is_file(Path(root) / HEAD)


def is_begun(root: Path) -> bool:
    """Whether the preparation of a store was begun in `root` and has not ended."""
    return _is_file(Path(root) / JOURNAL)


def read_head(root: Path) -> StoreHead:
    """What `store.json` says.

    Raises:
        ArtefactError: there is none, it is damaged, or of another version.
    """
    if not is_store(root):
        if is_begun(root):
            raise ArtefactError(f"the store {root} is unfinished: run `gaitprint data prepare` again to complete it")
        if _is_file(root / "index.json"):
            raise ArtefactError(f"{root} is a store of version 1, which is read no more: prepare it again elsewhere")
        raise ArtefactError(f"no store at {root}: {_way_to_store(root)}")
    values = read_json(root / HEAD, "the store's head")
    known = StoreHead.__dataclass_fields__
    if not isinstance(values, dict) or (values.get("format"), values.get("version")) != (
        known["format"].default,
        known["version"].default,
    ):
        raise ArtefactError(
            f"{root / HEAD} is no {known['format'].default} of version {known['version'].default}: "
            "prepare the store again in a new folder"
        )
    try:
        head: StoreHead = build_settings(StoreHead, values, HEAD)
    except (ConfigError, DataError) as error:
        raise ArtefactError(f"{root / HEAD} is damaged ({error}): prepare the store again in a new folder") from None
    return head


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name that is too long, say
        return False


def _way_to_store(root: Path) -> str:
    """What to do where no store is; `data prepare` makes none over a file, or among other files."""
    others = False
    if _is_file(root):
        return "this is a file, give the folder that `gaitprint data prepare` wrote"
    with suppress(OSError, ValueError):  # nothing there, or a name that is too long
        others = any(root.iterdir())
    if others:
        return f"it holds other files; if they are a data set, make a store by `gaitprint data prepare {root} STORE`"
    return f"make one with `gaitprint data prepare SOURCE {root}`"


def _mapped(path: Path, expected: int) -> np.ndarray:
    size = path.stat().st_size if path.is_file() else 0
    # more is fine: an update that is not finished appends behind what counts
    if size < expected:
        raise ArtefactError(f"{path} should hold {expected} bytes, found {size}: prepare the store again")
    if not expected:
        return np.zeros(0, np.uint8)
    return np.memmap(path, np.uint8, "r", shape=(expected,)).view(np.ndarray)  # slices of a memmap cost more


def _reopen(root: Path, fingerprint: str) -> Store:
    store = Store.open(root)
    if store.fingerprint != fingerprint:
        raise ArtefactError(f"the store {root} was changed while it was in use: start again")
    return store
