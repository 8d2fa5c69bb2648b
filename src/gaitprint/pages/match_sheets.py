"""Right and wrong matches of an evaluation with their silhouettes, to be looked at."""

from collections.abc import Iterable
from typing import Literal

import numpy as np
from jaxtyping import Int, UInt8

from gaitprint.errors import ArtefactError
from gaitprint.evaluation.identification.result import Evaluation, ProbeSetResult
from gaitprint.provenance.seen_warnings import Place
from gaitprint.report.contact_sheets import evenly_spaced
from gaitprint.report.values import Sheet, Strip
from gaitprint.store import Store
from gaitprint.types import Embeddings, Frames

COLUMNS = 8
"""Frames shown of a sequence, evenly spaced."""


def match_sheets(
    evaluation: Evaluation, store: Store, generator: np.random.Generator, each: int = 3
) -> tuple[Sheet, ...]:
    """Up to `each` wrong and `each` right matches of every probe set, drawn at random from different subjects.

    Raises:
        ArtefactError: the store does not hold the sequences of the embeddings.
    """
    place = places_in(store)
    sheets = []
    for result in evaluation.results:
        trials = result.trials
        inside = result.counted[trials.row, trials.column]
        wrong = _spread(result, np.flatnonzero(inside & trials.matched & (trials.rank > 1)), generator, each)
        right = _spread(result, np.flatnonzero(inside & (trials.rank == 1)), generator, each)
        sheets += [match_sheet(evaluation, result, int(i), "wrong", store, place) for i in wrong]
        sheets += [match_sheet(evaluation, result, int(i), "right", store, place) for i in right]
    return tuple(sheets)


def places_in(store: Store) -> dict[str, int]:
    """Map each sequence's key to its place in the store."""
    return {record.key: i for i, record in enumerate(store.records)}


def check_store(store: Store, embeddings: Embeddings) -> None:
    """Raise ArtefactError unless the store holds every sequence of the embeddings, and is what they were made of."""
    held = {record.key for record in store.records}
    for record in embeddings.records:
        if record.key not in held:
            raise ArtefactError(
                f"the store {store.root} has no sequence {record.key!r}: give the store that was embedded"
            )
    place, origin = Place.of(store), Place.within(embeddings.settings)
    if origin.store and origin.store != place.store and origin.origin != place.origin:
        raise ArtefactError(
            f"the store {store.root} is not the one that was embedded, though their names agree: its pictures would be "
            "of other walks; give that one"
        )


def strip_image(frames: Frames, columns: int = COLUMNS) -> UInt8[np.ndarray, "H width"]:
    """Evenly spaced frames side by side; a short sequence shows black behind its last frame."""
    rows = evenly_spaced(len(frames), columns)
    image = np.zeros((frames.shape[1], columns * frames.shape[2]), np.uint8)
    image[:, : len(rows) * frames.shape[2]] = np.hstack(list(frames[rows]))
    return image


def _spread(
    result: ProbeSetResult, among: Int[np.ndarray, " M"], generator: np.random.Generator, count: int
) -> Iterable[int]:
    """`count` random trials, each of another subject as long as there are enough."""
    order = generator.permutation(among)
    # the first trial of each subject in the random order
    _, first = np.unique(result.trials.subject[order], return_index=True)
    new = np.zeros(len(order), bool)
    new[first] = True
    return [int(i) for i in np.concatenate([order[new], order[~new]])[:count]]


def match_sheet(
    evaluation: Evaluation,
    result: ProbeSetResult,
    trial: int,
    verdict: Literal["right", "wrong"],
    store: Store,
    place: dict[str, int],
) -> Sheet:
    """The probe of a trial, what was chosen, and what would have been right.

    Raises:
        ArtefactError: the store does not hold them.
    """
    trials = result.trials
    probe = evaluation.records[trials.probe[trial]]
    view = result.column_names[trials.column[trial]]
    gallery = f" in gallery view {view}" if view else ""

    def strip(role: str, row: int, tail: str = "") -> Strip:
        key = evaluation.records[row].key
        if key not in place:
            raise ArtefactError(f"the store {store.root} has no sequence {key!r}: give the store that was embedded")
        return Strip(role, key + tail, strip_image(store.frames(place[key])))

    strips = [strip("probe", int(trials.probe[trial]))]
    rank, right, near = int(trials.rank[trial]), int(trials.right[trial]), float(trials.right_distance[trial])
    if verdict == "right":
        strips.append(strip("chosen", right, f" · distance {near:.3g}"))
        caption = f"The nearest item{gallery} is of the same subject."
    else:
        strips.append(
            strip("chosen", int(trials.wrong[trial]), f" · distance {float(trials.wrong_distance[trial]):.3g}")
        )
        strips.append(strip("right one", right, f" · distance {near:.3g} · place {rank}"))
        caption = f"The nearest item{gallery} is of another subject; the right one came at place {rank}."
    return Sheet(f"{result.name}, subject {probe.subject}", caption, tuple(strips), verdict)
