"""Steps that keep nothing, used one probe at a time: exact for any step, at the price of the step itself."""

import numpy as np
from jaxtyping import Float32

from gaitprint.retrieval.budget import ComputeBudget
from gaitprint.retrieval.contracts import Scorer, SparingTransform, Transform
from gaitprint.retrieval.incremental.gallery_delta import GalleryDelta
from gaitprint.types import Embeddings, SequenceRecord


class RecomputeTransform:
    """A transform that is done anew for each probe, on the whole gallery as it is with that probe."""

    def __init__(self, step: Transform, gallery: Embeddings, work: ComputeBudget) -> None:
        self._step, self._before, self._work = step, gallery, work
        # any gallery will do to compare with: this one is what most probes leave most of
        self.gallery = self._done(gallery.vectors[0], gallery)[1]
        """The gallery as its own first item changes it."""

    def apply_delta(self, change: GalleryDelta) -> GalleryDelta:
        """The step itself; items that come out as they are kept are left out."""
        probe, gallery = self._done(change.probe, with_change(self._before, change))
        rows = np.arange(len(gallery))
        return GalleryDelta.between(probe.vectors[0], self.gallery.vectors, rows, gallery.vectors)

    def _done(self, probe: Float32[np.ndarray, " D"], gallery: Embeddings) -> tuple[Embeddings, Embeddings]:
        given = one_probe(probe, gallery), gallery
        if isinstance(self._step, SparingTransform):
            return self._step.transformed(*given, self._work)
        return self._step(*given)


class BySequence:
    """A transform that treats each sequence by itself: only what is new is done."""

    def __init__(self, step: Transform, gallery: Embeddings) -> None:
        self._step, self._before = step, gallery
        self.gallery = step(gallery, gallery)[1]
        """The gallery, transformed."""

    def apply_delta(self, change: GalleryDelta) -> GalleryDelta:
        """The probe and the changed items, transformed."""
        probe = one_probe(change.probe, self._before)
        if not len(change.rows):
            return GalleryDelta.none(self._step(probe, probe)[0].vectors[0])
        records = tuple(self._before.records[i] for i in change.rows)
        new = Embeddings(change.vectors, records, self._before.layout, self._before.source, self._before.settings)
        after, items = self._step(probe, new)
        return GalleryDelta(after.vectors[0], change.rows, items.vectors)


class RecomputeScorer:
    """A scorer that is asked anew for each probe."""

    def __init__(self, scorer: Scorer, gallery: Embeddings) -> None:
        self._scorer, self._gallery = scorer, gallery

    def distances(self, change: GalleryDelta) -> Float32[np.ndarray, " G"]:
        """Of the probe to every item."""
        gallery = with_change(self._gallery, change)
        found = self._scorer(one_probe(change.probe, gallery), gallery)
        return np.asarray(found[0])


def with_change(kept: Embeddings, change: GalleryDelta) -> Embeddings:
    """The gallery as a probe changed it."""
    vectors = change.patched(kept.vectors)
    return Embeddings(vectors, kept.records, kept.layout, kept.source, kept.settings)


def one_probe(vector: Float32[np.ndarray, " D"], gallery: Embeddings) -> Embeddings:
    """A probe of which nobody has said whose it is."""
    record = SequenceRecord("one", None, "", "")
    return Embeddings(vector[None], (record,), gallery.layout, gallery.source, gallery.settings)
