"""P x K batches: which subjects, which sequences, which frames; a function of (seed, iteration) and nothing else."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Int64

from gaitprint.config import require
from gaitprint.errors import DataError
from gaitprint.silhouettes.augmentations import Augmentation
from gaitprint.silhouettes.clips import Preprocessing, to_clip
from gaitprint.silhouettes.sampling import cyclic, window_starts
from gaitprint.store import SequenceSet
from gaitprint.training._buffers import Buffers
from gaitprint.training.recipe import TrainingSettings
from gaitprint.types import Frames


@dataclass(frozen=True)
class Batch:
    """P x K clips with the numbers of their subjects (places in the sorted list of training subjects)."""

    clips: Float32[np.ndarray, "N 1 T H W"]
    labels: Int64[np.ndarray, " N"]


def clips_of_rank(settings: TrainingSettings, ranks: int) -> int:
    """Clips of the part of a batch that each of `ranks` processes makes: all those of some of the subjects.

    Raises:
        ConfigError: the number of subjects is no multiple of `ranks`.
    """
    require(
        ranks >= 1 and settings.subjects % ranks == 0,
        f"{ranks} processes share a batch by whole subjects, training.subjects is {settings.subjects}: choose a "
        f"multiple of {ranks}, or another number of processes",
    )
    return settings.subjects // ranks * settings.sequences


class BatchSampler:
    """Draws batch `iteration` of a run from (seed, iteration), so that resuming needs one integer.

    Args:
        sequences: the training sequences; each must name its subject.
        settings: P, K, T, the rule for short sequences.
        preprocessing: from stored frames to the network's input.
        seed: of the run.
        augmentations: what changes each clip, in this order, by the generator that drew its window.
        rank, ranks: which part of a batch is made here, of how many equal ones; each holds whole subjects, and all of
            them one after another are the batch that one process makes.

    Raises:
        ConfigError: a seed out of range, or a number of subjects that is no multiple of `ranks`.
        DataError: a sequence without subject, or fewer than P subjects.
    """

    def __init__(
        self,
        sequences: SequenceSet,
        settings: TrainingSettings,
        preprocessing: Preprocessing,
        seed: int,
        *,
        augmentations: tuple[Augmentation, ...] = (),
        rank: int = 0,
        ranks: int = 1,
    ) -> None:
        share = clips_of_rank(settings, ranks)
        require(0 <= seed < 2**32, f"a seed is from 0 to {2**32 - 1}, found {seed}")
        unknown = [r.key for r in sequences.records if r.subject is None]
        if unknown:
            raise DataError(f"{len(unknown)} training sequences name no subject, the first is {unknown[0]!r}")
        self.sequences, self.settings, self.preprocessing, self.seed = sequences, settings, preprocessing, seed
        self.augmentations = augmentations
        # subjects lie one after another in a batch, so a slice of whole subjects
        self._part = slice(rank * share, (rank + 1) * share)
        self._buffers = Buffers()
        self._lengths = np.array(sequences.lengths, np.int64)
        self.subjects = tuple(sorted({r.subject for r in sequences.records if r.subject is not None}))
        if len(self.subjects) < settings.subjects:
            raise DataError(
                f"a batch needs {settings.subjects} subjects and the training part has {len(self.subjects)}: "
                "lower training.subjects or give more people"
            )
        places: dict[str, list[int]] = {s: [] for s in self.subjects}
        for i, record in enumerate(sequences.records):
            places[str(record.subject)].append(i)
        self._places = [np.array(places[s]) for s in self.subjects]

    def draw(self, iteration: int) -> tuple[Int64[np.ndarray, " N"], Int64[np.ndarray, " N"]]:
        """Rows of the sequences and labels of the whole batch `iteration`."""
        # the last number tells streams apart: 0 subjects and sequences, 1 windows, 2 augmentations
        generator = np.random.default_rng([self.seed, iteration, 0])
        chosen = generator.choice(len(self.subjects), self.settings.subjects, replace=False)
        K = self.settings.sequences
        rows = [generator.choice(self._places[s], K, replace=len(self._places[s]) < K) for s in chosen]
        return np.concatenate(rows).astype(np.int64), np.repeat(chosen, K).astype(np.int64)

    def batch(self, iteration: int) -> Batch:
        """This part's clips of batch `iteration`: windows are drawn from (seed, iteration), augmentations from (seed,
        iteration, place in the batch).
        """
        rows, labels = self.draw(iteration)
        s, p = self.settings, self.preprocessing
        # for the whole batch, also where this process makes a part: all draw the same
        starts = window_starts(
            self._lengths[rows], s.frames, np.random.default_rng([self.seed, iteration, 1]), s.window_rule
        )
        places = range(len(rows))[self._part]
        clips = self._buffers.take((len(places), 1, s.frames, p.height, p.width))
        for clip, place in zip(clips[:, 0], places, strict=True):
            to_clip(self._window(int(rows[place]), int(starts[place])), p, clip)
            if self.augmentations:
                self._augment(clip, np.random.default_rng([self.seed, iteration, 2, place]))
        return Batch(clips, labels[self._part])

    def _window(self, row: int, start: int) -> Frames:
        """T frames of one sequence; only they are read from the store."""
        T, length = self.settings.frames, int(self._lengths[row])
        # a window that fits never wraps: `window_starts` draws from 0 .. L - T
        if length >= T:
            return self.sequences.frames(row, start, start + T)
        frames: Frames = self.sequences.frames(row)[cyclic(start, T, length)]
        return frames

    def _augment(self, clip: Float32[np.ndarray, "T H W"], generator: np.random.Generator) -> None:
        changed = clip
        for augmentation in self.augmentations:
            changed = augmentation(changed, generator)
        if changed is not clip:
            clip[...] = changed
