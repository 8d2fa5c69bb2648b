"""One to many with strangers: some subjects are left out of the gallery, and their probes should find nobody.

ISO/IEC 19795-1: FPIR is the share of strangers' searches that return anybody, FNIR the share of known people's
searches that do not return the right person, here first and within the threshold. Both grow with the gallery, so its
size belongs to every figure.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32, Int

from gaitprint.config import require
from gaitprint.errors import ProtocolError
from gaitprint.evaluation.protocol.trials import join_rows
from gaitprint.evaluation.verification.pairs import PairBlock, PairSet, Source


@dataclass(frozen=True, eq=False)
class Searches:
    """M searches: every probe once in every split, against the gallery of that split."""

    subject: Int[np.ndarray, " M"]
    """The probe's own."""
    stranger: Bool[np.ndarray, " M"]
    """Whether that subject is not in the gallery."""
    nearest: Float32[np.ndarray, " M"]
    """Distance of the nearest item of anybody; infinite where nothing could be compared."""
    own: Float32[np.ndarray, " M"]
    """Distance of the nearest item of the own subject; infinite for strangers."""
    rank: Int[np.ndarray, " M"]
    """Place of the own subject among all people by their nearest item, from 1; 0 for strangers."""

    def __len__(self) -> int:
        return len(self.rank)

    @property
    def found(self) -> Float32[np.ndarray, " M"]:
        """Distance at which the right person comes first; infinite where somebody else does."""
        return np.asarray(np.where(self.rank == 1, self.own, np.float32(np.inf)))


@dataclass(frozen=True)
class GallerySize:
    """How many one searches among; the mean over the splits."""

    people: float
    sequences: float


def choose_strangers(
    known: Int[np.ndarray, " S"], share: float, generator: np.random.Generator
) -> Int[np.ndarray, " strangers"]:
    """Draw those who are left out of the gallery: a share of the subjects, at least one, and never all.

    Raises:
        ProtocolError: fewer than two subjects to share out.
    """
    require(0 < share < 1, f"the share of strangers lies between 0 and 1, found {share}")
    if len(known) < 2:
        raise ProtocolError(f"open-set identification needs two subjects or more in the gallery, found {len(known)}")
    count = min(max(1, round(share * len(known))), len(known) - 1)
    return np.sort(generator.permutation(known)[:count])


def search_splits(
    sets: Sequence[PairSet],
    numbers: Int[np.ndarray, " N"],
    source: Source,
    *,
    share: float,
    splits: int,
    seed: int,
    alone: bool = False,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> tuple[dict[str, Searches], GallerySize]:
    """Search in galleries without the strangers of each split; of each named set, and under "" of all together.

    The gallery is cut down *before* anything is compared, so a method that looks at the whole gallery never sees a
    stranger in it. Where a protocol draws its galleries, each split takes the next draw. Probes of somebody known of
    whom nothing can be compared (their only view is the probe's own) take no part.

    Args:
        sets: of `pair_sets`.
        numbers: of `subject_numbers`.
        source: compares a set.
        share: of the subjects that become strangers.
        splits: how often they are drawn anew.
        seed: of these draws; split r is the same whatever the number of splits.
        alone: whether the distance of a pair hangs on nobody else: then all are compared once, and it comes to the
            same.
        progress: told how many comparisons are done, of how many.

    Raises:
        ProtocolError: too few subjects to share out, or no gallery is left beside the strangers.
    """
    require(splits >= 1, f"splits are 1 or more, found {splits}")
    by_name: dict[str, list[PairSet]] = {}
    for pairs in sets:
        by_name.setdefault(pairs.name, []).append(pairs)
    known = np.unique(np.concatenate([numbers[p.gallery] for p in sets]))
    strangers = [
        choose_strangers(known, share, np.random.Generator(np.random.PCG64([seed, split]))) for split in range(splits)
    ]
    jobs = []
    for name, some in by_name.items():
        for number, full in enumerate(some):
            # of several drawn galleries each takes every n-th draw of strangers
            strangers_here = strangers[number :: len(some)]
            # pairs that hang on nobody else are compared once, and each split cuts its gallery out of the result
            jobs += (
                [(name, full, strangers_here)]
                if alone and strangers_here
                else [(name, full, [these]) for these in strangers_here]
            )
    parts: dict[str, list[Searches]] = {name: [] for name in by_name}
    people, sequences = [], []
    for done, (name, full, left_out) in enumerate(jobs):
        for these in left_out:
            stays = numbers[full.gallery][~np.isin(numbers[full.gallery], these)]
            if not len(stays):
                raise ProtocolError(f"no gallery sequence of {name} is left beside the strangers: lower their share")
            people.append(len(np.unique(stays)))
            sequences.append(len(stays))
        pairs = full
        if not alone:
            pairs = PairSet(name, full.probes, full.gallery[~np.isin(numbers[full.gallery], left_out[0])])
        for block in source(pairs):
            parts[name] += _search(block, left_out)
        progress(done + 1, len(jobs))
    searches = {name: join_rows(some) for name, some in parts.items() if some}
    size = GallerySize(float(np.mean(people)), float(np.mean(sequences)))
    return {**searches, "": join_rows(list(searches.values()))}, size


def _search(block: PairBlock, left_out: Sequence[Int[np.ndarray, " strangers"]]) -> list[Searches]:
    """The searches of a block in the gallery without each group of strangers."""
    everybody, starts = np.unique(block.gallery, return_index=True)
    far = np.where(block.compared, block.distances, np.float32(np.inf))
    # the gallery stands subject by subject: one minimum a person
    nearest = np.minimum.reduceat(far, starts, axis=1)
    searches = []
    for strangers in left_out:
        stays = ~np.isin(everybody, strangers)
        people, near = everybody[stays], nearest[:, stays]
        mine = block.probes[:, None] == people[None, :]
        stranger = ~mine.any(axis=1)
        own = np.where(mine, near, np.float32(np.inf)).min(axis=1)
        # people at the same distance stand in the order of their names
        place = np.where(mine, np.arange(len(people)), 0).sum(axis=1)
        before = (near < own[:, None]) | ((near == own[:, None]) & (np.arange(len(people)) < place[:, None]))
        rank = np.where(stranger, 0, 1 + before.sum(axis=1))
        use = stranger | np.isfinite(own)
        searches.append(Searches(block.probes[use], stranger[use], near.min(axis=1)[use], own[use], rank[use]))
    return searches


def search_counts(
    subject: Int[np.ndarray, " M"],
    distance: Float32[np.ndarray, " M"],
    thresholds: Float32[np.ndarray, " K"],
    subjects: int,
) -> Int[np.ndarray, "S L"]:
    """Searches of each subject by the interval between two thresholds that a distance falls into, as `PairCounts`."""
    width = len(thresholds) + 1
    place = np.searchsorted(thresholds, distance)
    counts: Int[np.ndarray, "S L"] = np.bincount(subject * width + place, minlength=subjects * width)
    return counts.reshape(subjects, width)


def thresholds_for(strangers: Float32[np.ndarray, " M"], shares: Sequence[float]) -> list[float]:
    """For each share the largest distance at which at most so many strangers' searches return anybody."""
    ordered = np.sort(strangers)
    thresholds = []
    for share in shares:
        # 0.29 x 100 is 28.999999999999996
        allowed = int(np.floor(share * len(ordered) + 1e-9))
        if allowed < len(ordered) and np.isfinite(ordered[allowed]):
            # just below the first distance that would be one too many
            thresholds.append(float(np.nextafter(ordered[allowed], np.float32(-np.inf))))
    return thresholds
