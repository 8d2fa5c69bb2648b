"""A pipeline that has seen its gallery: it answers one probe after another, and the gallery can be edited."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float32

from gaitprint.errors import DataError
from gaitprint.retrieval.budget import ComputeBudget
from gaitprint.retrieval.contracts import FittedScorer, FittedTransform, Scorer, Transform
from gaitprint.retrieval.gallery_delta import GalleryDelta
from gaitprint.retrieval.probewise import ProbewiseComparison
from gaitprint.retrieval.sides import check_sides
from gaitprint.types import Embeddings, SequenceRecord


@dataclass(frozen=True)
class FittedPipeline:
    """The steps, each fitted on the gallery as the steps before it left it. An edit makes another one."""

    gallery: Embeddings
    """Who is compared with, as it was before any step."""
    transforms: tuple[FittedTransform, ...]
    scorer: FittedScorer

    @classmethod
    def of(
        cls, transforms: tuple[Transform, ...], scorer: Scorer, gallery: Embeddings, budget: ComputeBudget
    ) -> "FittedPipeline":
        """Let each step see the gallery."""
        before, fitted = gallery, []
        for step in transforms:
            fitted.append(step.fit(gallery, budget))
            gallery = fitted[-1].gallery
        return cls(before, tuple(fitted), scorer.fit(gallery, budget))

    def distances(self, probe: Embeddings) -> Float32[np.ndarray, "Q G"]:
        """Distances of probes to every gallery item, each made with that probe alone; small is alike.

        Raises:
            ArtefactError: probes and gallery come from different networks or preprocessing.
            DataError: there is no probe.
        """
        check_sides(probe, self.gallery)
        return self.compare(probe).rows(0, len(probe))

    def compare(self, probe: Embeddings) -> ProbewiseComparison:
        """The same in rows, as they are asked for."""
        return ProbewiseComparison(probe.vectors, len(self.gallery), self._answer)

    def insert(self, items: Embeddings) -> "FittedPipeline":
        """Put sequences into the gallery, behind those that are there: as fitted from the start, to the last digit.

        Raises:
            ArtefactError: they come from other networks or preprocessing than the gallery.
            DataError: there is none, or a key is there already.
        """
        check_sides(items, self.gallery, "walks to enrol")
        keys = Counter(record.key for record in (*self.gallery.records, *items.records))
        twice = [record.key for record in items.records if keys[record.key] > 1]
        if twice:
            raise DataError(f"{twice[0]!r} would be in the gallery twice: remove it first, or give it a key of its own")
        return self._edited(GalleryDelta.edit(np.zeros(0, np.int64), items.vectors), items.records)

    def remove(self, keys: Collection[str]) -> "FittedPipeline":
        """Take the sequences with these keys out of the gallery: as fitted from the start, to the last digit.

        Raises:
            DataError: a key is not there, or nobody would be left.
        """
        unknown = sorted(set(keys) - {record.key for record in self.gallery.records})
        if unknown:
            raise DataError(f"the gallery has no {unknown[0]!r}, so it cannot be removed: check the keys")
        rows = np.flatnonzero([record.key in set(keys) for record in self.gallery.records])
        if len(rows) == len(self.gallery):
            raise DataError(f"all {len(rows)} sequences would be removed: a gallery keeps one at least")
        return self._edited(GalleryDelta.edit(rows, self.gallery.vectors[:0]), ())

    def _edited(self, delta: GalleryDelta, records: tuple[SequenceRecord, ...]) -> "FittedPipeline":
        staying = tuple(self.gallery.records[i] for i in np.flatnonzero(delta.stays(len(self.gallery))))
        gallery = replace(self.gallery, vectors=delta.patched(self.gallery.vectors), records=(*staying, *records))
        before, fitted = gallery, []
        for step in self.transforms:
            committed, delta = step.commit(delta, gallery)
            fitted.append(committed)
            gallery = committed.gallery
        return FittedPipeline(before, tuple(fitted), self.scorer.commit(delta, gallery))

    def _answer(self, delta: GalleryDelta) -> Float32[np.ndarray, " G"]:
        for step in self.transforms:
            delta = step.apply(delta)
        return self.scorer.distances(delta)
