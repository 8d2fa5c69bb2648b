"""Who is searched, held in memory: projected templates of every sample, kept in step with the rows.

What is found is what a comparison with every template of the rows finds: see `projection`. The file beside the gallery
saves the time to make it; a row of it counts only where it is of the template that is there.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Bool, Float32, Int64

from gaitprint.gallery.contract import Condition, Engine, Reader
from gaitprint.gallery.index_file import IndexRows, read_index, write_index
from gaitprint.gallery.journal import GENERATION, STRUCTURE, read_fact
from gaitprint.gallery.projection import FITTED_ON, Projection, lower_bounds
from gaitprint.gallery.search import Comparing, Hit, nearest_people
from gaitprint.gallery.times import today
from gaitprint.gallery.vectors import read_templates
from gaitprint.types import Embeddings

_AT_ONCE = 512
"""Templates that are read and projected together."""
_UNSAVED = 256
"""New rows, at least, for which the file is written anew; and a twentieth of all."""


@dataclass
class _People:
    """Whom rows are of."""

    names: dict[int, str] = field(default_factory=dict)
    tags: dict[int, frozenset[str]] = field(default_factory=dict)
    closed: set[int] = field(default_factory=set)
    """Who is no answer: taken out, merged into another, or expired."""


class Index:
    """The index of an open gallery.

    Args:
        engine: whose rows it follows.
        comparing: how walks are compared.
    """

    def __init__(self, engine: Engine, comparing: Comparing) -> None:
        self._engine, self._comparing = engine, comparing
        self._facts = ("", "", "")
        self._projection: Projection | None = None
        self._people = _People()
        self._digests: list[bytes] = []
        self._saved = 0
        self._rows = IndexRows(*_nothing(0))
        self._squares: Float32[np.ndarray, " G"] = np.zeros(0, np.float32)
        self._person: Int64[np.ndarray, " G"] = np.zeros(0, np.int64)
        self._cameras: dict[str, int] = {}
        self._camera: Int64[np.ndarray, " G"] = np.zeros(0, np.int64)
        self._open: Bool[np.ndarray, " G"] = np.zeros(0, np.bool_)

    @property
    def names(self) -> dict[int, str]:
        """Of all people, by id."""
        return self._people.names

    def people(self) -> list[int]:
        """Who can be an answer, in order."""
        return [int(p) for p in np.unique(self._person[self._open])]

    def samples(self) -> list[tuple[int, int]]:
        """Every sample that is searched, with its person, in order of ids."""
        return [(int(s), int(p)) for s, p in zip(self._rows.ids[self._open], self._person[self._open], strict=True)]

    def digest(self, sample: int) -> bytes:
        """The SHA-256 of a sample's template."""
        return self._digests[int(np.searchsorted(self._rows.ids, sample))]

    def search(
        self,
        reader: Reader,
        probe: Embeddings,
        count: int,
        *,
        tags: Collection[str] = (),
        only: int | None = None,
        without: int | None = None,
        cameras: Collection[str] | None = None,
    ) -> list[Hit]:
        """The nearest people to one probe, nearest first, ties by their ids.

        Args:
            reader: of the moment that `refresh` has seen.
            probe: one walk.
            count: of people.
            tags: only people who have all of these.
            only: nobody but this person.
            without: all but this person.
            cameras: only walks that these saw; None: all.
        """
        chosen = self._open
        if tags:
            wanted = frozenset(tags)
            chosen = chosen & np.isin(self._person, [p for p, own in self._people.tags.items() if wanted <= own])
        if only is not None:
            chosen = chosen & (self._person == only)
        if without is not None:
            chosen = chosen & (self._person != without)
        if cameras is not None:
            chosen = chosen & np.isin(self._camera, [self._cameras[c] for c in cameras if c in self._cameras])
        rows = np.flatnonzero(chosen)
        if not len(rows) or self._projection is None:
            return []
        # slices of all rows are views; a few rows are copied
        part: slice | Int64[np.ndarray, " n"] = slice(None) if len(rows) == len(chosen) else rows
        lower = np.zeros(len(rows), np.float32)
        # bounds of 0 rule nobody out, so other distances are compared with everybody
        if self._comparing.bounded:
            vector = self._projection.project(self._comparing.transformed(probe).vectors)
            lower = lower_bounds(vector, self._rows.projected[part], self._rows.left[part], self._squares[part])

        def exact(places: Int64[np.ndarray, " n"]) -> Float32[np.ndarray, " n"]:
            samples = rows[places]
            # what is compared is what the rows hold, checked; the index only chose
            digests = [self._digests[i] for i in samples]
            width = probe.layout.width
            vectors = read_templates(reader, self._rows.ids[samples].tolist(), digests, width)
            return self._comparing.distances(probe, vectors)

        return nearest_people(lower, self._person[rows], self._rows.ids[rows], exact, count)

    def refresh(self, reader: Reader, width: int) -> None:
        """Take in what has changed since the last time.

        Raises:
            ArtefactError: a template is damaged.
        """
        facts = read_fact(reader, GENERATION), read_fact(reader, STRUCTURE), today()
        if facts == self._facts:
            return
        # a day that ends may close people who expire
        whole = facts[1:] != self._facts[1:]
        above: list[Condition] = [] if whole or not len(self._rows.ids) else [("id", ">", int(self._rows.ids[-1]))]
        # people are few columns, and of new samples they may be old ones
        self._people = _people(reader)
        found = reader.rows("samples", ["id", "person", "sha256", "removed", "camera"], *above)
        ids = np.array([row[0] for row in found], np.int64)
        digests = [row[2] for row in found]
        prints = np.frombuffer(b"".join(d[:8] for d in digests), "<i8").astype(np.int64)
        rows = self._known_or_read(reader, ids, prints, digests, width)
        person = np.array([row[1] for row in found], np.int64)
        # by numbers: many walks, few cameras
        camera = np.array([self._cameras.setdefault(row[4], len(self._cameras)) for row in found], np.int64)
        opened = np.array([not row[3] and row[1] not in self._people.closed for row in found], np.bool_)
        if above:
            rows = IndexRows(*(np.concatenate(both) for both in zip(_parts(self._rows), _parts(rows), strict=True)))
            person, opened = np.concatenate([self._person, person]), np.concatenate([self._open, opened])
            camera, digests = np.concatenate([self._camera, camera]), self._digests + digests
        self._rows, self._person, self._open, self._digests = rows, person, opened, digests
        self._camera = camera
        self._squares = np.einsum("ij,ij->i", rows.projected, rows.projected)
        self._facts = facts
        self._save_if_due(reader)

    def _known_or_read(
        self,
        reader: Reader,
        ids: Int64[np.ndarray, " n"],
        prints: Int64[np.ndarray, " n"],
        digests: list[bytes],
        width: int,
    ) -> IndexRows:
        """Rows of samples: those that are known as they were, the others read and projected."""
        known = self._rows
        if self._projection is None and len(ids):
            self._projection, known = self._begun(reader, ids, digests, width)
        dimensions = known.projected.shape[1] if self._projection is None else self._projection.dimensions
        rows = IndexRows(ids, prints, np.empty((len(ids), dimensions), np.float32), np.empty(len(ids), np.float32))
        fits = np.zeros(len(ids), np.bool_)
        if len(known.ids):
            # both ids are in order: found at its place or nowhere
            place = np.minimum(np.searchsorted(known.ids, ids), len(known.ids) - 1)
            fits = (known.ids[place] == ids) & (known.prints[place] == prints)
            rows.projected[fits], rows.left[fits] = known.projected[place[fits]], known.left[place[fits]]
        missing = np.flatnonzero(~fits)
        for start in range(0, len(missing), _AT_ONCE):
            part = missing[start : start + _AT_ONCE]
            vectors = read_templates(reader, ids[part].tolist(), [digests[i] for i in part], width)
            rows.projected[part], rows.left[part] = self._project(vectors)
        return rows

    def _begun(
        self, reader: Reader, ids: Int64[np.ndarray, " n"], digests: list[bytes], width: int
    ) -> tuple[Projection, IndexRows]:
        """The projection of the file, or one fitted now; and the rows of the file."""
        # few vectors make a poor basis: right, but slow, so it is made anew when there are four times as many
        found = read_index(self._engine.place, self._bound_to(reader), width)
        if found is not None and (found[0].fitted_on >= FITTED_ON or len(ids) < 4 * found[0].fitted_on):
            self._saved = len(found[1].ids)
            return found
        chosen = np.unique(np.linspace(0, len(ids) - 1, min(len(ids), FITTED_ON)).astype(np.int64))
        vectors = read_templates(reader, ids[chosen].tolist(), [digests[i] for i in chosen], width)
        projection = Projection.fit(self._comparing.transformed_vectors(vectors))
        self._saved = 0
        return projection, IndexRows(*_nothing(projection.dimensions))

    def _project(self, vectors: Float32[np.ndarray, "n D"]) -> tuple[np.ndarray, np.ndarray]:
        if self._projection is None:
            raise RuntimeError("no projection was fitted")
        return self._projection.project(self._comparing.transformed_vectors(vectors))

    def _save_if_due(self, reader: Reader) -> None:
        unsaved = abs(len(self._rows.ids) - self._saved)
        if self._projection is not None and unsaved >= max(_UNSAVED, len(self._rows.ids) // 20):
            self.save(reader)

    def save(self, reader: Reader) -> None:
        """Write the file beside the gallery."""
        if self._projection is not None:
            write_index(self._engine.place, self._bound_to(reader), self._projection, self._rows)
            self._saved = len(self._rows.ids)

    def _bound_to(self, reader: Reader) -> str:
        return " ".join([read_fact(reader, "id"), read_fact(reader, "source"), repr(self._comparing.settings)])


def _people(reader: Reader) -> _People:
    day, made = today(), _People()
    for person, name, tags, removed, expires, merged in reader.rows(
        "people", ["id", "name", "tags", "removed", "expires", "merged_into"]
    ):
        made.names[person] = name
        made.tags[person] = frozenset(json.loads(tags)) if tags != "[]" else frozenset()
        if removed or merged is not None or (expires and expires <= day):
            made.closed.add(person)
    return made


def _nothing(dimensions: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    numbers, vectors = np.zeros(0, np.int64), np.zeros((0, dimensions), np.float32)
    return numbers, numbers, vectors, np.zeros(0, np.float32)


def _parts(rows: IndexRows) -> tuple[np.ndarray, ...]:
    return rows.ids, rows.prints, rows.projected, rows.left
