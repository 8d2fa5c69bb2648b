"""The nouns that flow between stages: frozen, checked once when made.

Letters in shapes, here and everywhere: N batch, T frames, H x W pixels, P parts, C channels, D embedding width,
Q probes, G gallery items, K neighbours.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from numbers import Integral
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float32, UInt8

from gaitprint.errors import ShapeError
from gaitprint.tables import Columns, data_frame

Frames = UInt8[np.ndarray, "T H W"]
"""Silhouette frames, 0 (background) to 255 (body), grey at the edges."""
DIMMEST = 32
"""Below this a brightest pixel is a label, 1 or 2, and no grey of an image."""


@dataclass(frozen=True, slots=True)
class SequenceRecord:
    """Who, how and from where one sequence was seen.

    `subject` is None where nobody has said who it is (a competition's probe); it is never a word like "probe".
    """

    key: str
    """Unique in its data set and stable between runs, for example ``001/nm-01/090``."""
    subject: str | None
    condition: str
    view: str

    def __post_init__(self) -> None:
        if isinstance(self.key, str) and not self.key:
            raise ShapeError("a sequence record needs a key such as '001/nm-01/090', found an empty one")
        if isinstance(self.subject, str) and not self.subject:
            raise ShapeError(f"{self.key}: the subject is None where nobody is known, found an empty text")
        if not (
            isinstance(self.key, str)
            and (self.subject is None or isinstance(self.subject, str))
            and isinstance(self.condition, str)
            and isinstance(self.view, str)
        ):
            kinds = ", ".join(
                type(v).__name__ if isinstance(v, np.ndarray) else repr(v)[:40]
                for v in (self.key, self.subject, self.condition, self.view)
            )
            raise ShapeError(f"key, subject, condition and view are text (zeros matter: '003'), found {kinds}")


@dataclass(frozen=True)
class Silhouettes:
    """One sequence: its frames and its record."""

    frames: Frames
    record: SequenceRecord

    def __post_init__(self) -> None:
        if not isinstance(self.record, SequenceRecord):
            raise ShapeError(
                "silhouettes come with a SequenceRecord(key, subject, condition, view), found "
                f"{type(self.record).__name__}"
            )
        check_frames(self.frames, self.record.key)
        brightest = int(self.frames.max())
        if 0 < brightest < DIMMEST:  # to a network, a mask of 0 and 1 is a black frame
            raise ShapeError(
                f"{self.record.key}: a body is 255, found {brightest} at most: multiply the masks by 255, or make "
                "them bool and give them to load_silhouettes()"
            )


@dataclass(frozen=True)
class PartLayout:
    """How a flat embedding splits into parts: blocks of P parts of C channels, in the order of the vector.

    One block a network; a fused embedding has several. Within a block the vector is [P, C] flattened.
    """

    blocks: tuple[tuple[int, int], ...]

    def __post_init__(self) -> None:
        given = self.blocks if isinstance(self.blocks, tuple | list) else ()
        pairs = all(isinstance(block, tuple | list) and len(block) == 2 for block in given)
        if not given or not pairs or any(not isinstance(n, Integral) or n < 1 for block in given for n in block):
            found = " ".join(str(self.blocks).split())
            raise ShapeError(f"a part layout needs blocks of (parts, channels) >= 1, found {found:.60}")
        object.__setattr__(self, "blocks", tuple((int(parts), int(channels)) for parts, channels in self.blocks))

    @property
    def width(self) -> int:
        """D, the length of the flat vector."""
        return sum(parts * channels for parts, channels in self.blocks)

    @property
    def parts(self) -> int:
        """P over all blocks."""
        return sum(parts for parts, _ in self.blocks)


@dataclass(frozen=True)
class Embeddings:
    """Vectors of sequences, with their records and the fingerprint of what made them.

    Vectors of different `source` never meet: `source` covers the networks' weights and the preprocessing.
    """

    vectors: Float32[np.ndarray, "N D"]
    records: tuple[SequenceRecord, ...]
    layout: PartLayout
    source: str
    settings: dict[str, object] = field(default_factory=dict, compare=False)
    """What made them, for people and reports: networks, fusion, preprocessing, data."""

    def __post_init__(self) -> None:
        if not isinstance(self.vectors, np.ndarray):
            raise ShapeError(f"embeddings are an array float32 [N, D], found {type(self.vectors).__name__}")
        if self.vectors.ndim != 2 or self.vectors.dtype != np.float32:
            raise ShapeError(f"embeddings are float32 [N, D], found {self.vectors.dtype} {self.vectors.shape}")
        kinds = set(map(type, self.records)) if isinstance(self.records, tuple | list) else {type(self.records)}
        if not kinds <= {SequenceRecord}:
            found = ", ".join(sorted(kind.__name__ for kind in kinds))
            raise ShapeError(f"embeddings come with a tuple of SequenceRecord, one a vector, found {found}")
        object.__setattr__(self, "records", tuple(self.records))
        for name, value, wanted in (
            ("layout", self.layout, PartLayout),
            ("source", self.source, str),
            ("settings", self.settings, dict),
        ):
            if not isinstance(value, wanted):
                raise ShapeError(f"the {name} of embeddings is {wanted.__name__}, found {type(value).__name__}")
        if len(self.records) != len(self.vectors):
            raise ShapeError(f"{len(self.vectors)} vectors came with {len(self.records)} records: one each is needed")
        if self.layout.width != self.vectors.shape[1]:
            raise ShapeError(f"the part layout holds {self.layout.width} floats, the vectors {self.vectors.shape[1]}")
        if not np.isfinite(self.vectors).all():
            bad = self.records[int(np.flatnonzero(~np.isfinite(self.vectors).all(axis=1))[0])].key
            raise ShapeError(f"embeddings must be finite; that of {bad!r} is not: check the weights")

    def __len__(self) -> int:
        return len(self.records)

    def select(self, rows: Sequence[int] | np.ndarray) -> "Embeddings":
        """Take the given rows, in the given order; or those where a mask of N truths holds.

        Raises:
            ShapeError: no whole numbers, a row that is not there, or a mask of another length.
        """
        given = np.asarray(rows)
        if given.dtype == np.bool_ and given.shape != (len(self),):
            raise ShapeError(f"a mask has one truth a sequence, {len(self)} in all, found {list(given.shape)}")
        if given.size and given.dtype != np.bool_ and not np.issubdtype(given.dtype, np.integer):
            raise ShapeError(f"rows are whole numbers, or truths, found {given.dtype}")
        chosen = np.flatnonzero(given) if given.dtype == np.bool_ else given.astype(np.intp)
        if chosen.ndim != 1 or (chosen.size and not -len(self) <= chosen.min() <= chosen.max() < len(self)):
            raise ShapeError(f"rows are a list of numbers 0 to {len(self) - 1}, found {given.tolist()!r:.60}")
        records = tuple(self.records[i] for i in chosen)
        return Embeddings(self.vectors[chosen], records, self.layout, self.source, self.settings)

    def to_columns(self, vectors: bool = False) -> Columns:
        """List the records: key, subject, condition, view; with `vectors` also v0, v1, ..., one column a number."""
        columns: Columns = {
            "key": [r.key for r in self.records],
            "subject": [r.subject for r in self.records],
            "condition": [r.condition for r in self.records],
            "view": [r.view for r in self.records],
        }
        if vectors:
            columns |= {f"v{i}": column for i, column in enumerate(self.vectors.T.tolist())}
        return columns

    def to_frame(self, vectors: bool = False) -> Any:
        """Make a pandas data frame of `to_columns`.

        Raises:
            ConfigError: pandas is not installed.
        """
        return data_frame(self.to_columns(vectors))


@runtime_checkable
class Comparison(Protocol):
    """Distances of probes to gallery items of which any rows can be had, so that the whole need never be there."""

    @property
    def shape(self) -> tuple[int, int]:
        """Q and G."""
        ...

    def rows(self, start: int, stop: int) -> Float32[np.ndarray, "q G"]:
        """The distances of the probes from `start` to `stop`, small is alike."""
        ...


Compare = Callable[[Embeddings, Embeddings], Float32[np.ndarray, "Q G"] | Comparison]
"""Distances of probes and gallery, whole or in rows; small is alike."""


@dataclass(frozen=True)
class Distances:
    """A way to compare, and what must be said of it wherever its figures stand."""

    compare: Compare
    label: str = ""
    """What it is, for reports."""
    transductive: bool | None = None
    """Whether it sees all probes together; None: not stated, and printed so."""
    pairwise: bool = False
    """Whether the distance of two sequences is a matter of these two alone, so that parts need not be compared anew."""


def check_frames(frames: np.ndarray, name: str) -> None:
    """Raise ShapeError unless `frames` is uint8 [T >= 1, H, W]."""
    if not isinstance(frames, np.ndarray):
        raise ShapeError(f"{name}: silhouettes are an array uint8 [T, H, W], found {type(frames).__name__}")
    if frames.ndim != 3 or frames.dtype != np.uint8:
        raise ShapeError(f"{name}: silhouettes are uint8 [T, H, W], found {frames.dtype} {list(frames.shape)}")
    if 0 in frames.shape:
        raise ShapeError(f"{name}: silhouettes need at least one frame and one pixel, found {list(frames.shape)}")
