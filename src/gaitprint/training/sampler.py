"""P x K batches: which subjects, which sequences, which frames; a function of (seed, iteration) and nothing else."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Int64

from gaitprint.config import require
from gaitprint.errors import DataError
from gaitprint.silhouettes.augmentations import Augmentation
from gaitprint.silhouettes.clips import Preprocessing, to_clip
from gaitprint.silhouettes.sampling import window_indices
from gaitprint.store import SequenceSet
from gaitprint.training.recipe import TrainingSettings


@dataclass(frozen=True)
class Batch:
    """P x K clips with the numbers of their subjects (places in the sorted list of training subjects)."""

    clips: Float32[np.ndarray, "N 1 T H W"]
    labels: Int64[np.ndarray, " N"]


class BatchSampler:
    """Draws batch `iteration` of a run from (seed, iteration), so that resuming needs one integer.

    Args:
        sequences: the training sequences; each must name its subject.
        settings: P, K, T, the rule for short sequences.
        preprocessing: from stored frames to the network's input.
        seed: of the run.
        augmentations: what changes each clip, in this order, by the generator that drew its window.

    Raises:
        ConfigError: a seed out of range.
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
    ) -> None:
        require(0 <= seed < 2**32, f"a seed is from 0 to {2**32 - 1}, found {seed}")
        unknown = [r.key for r in sequences.records if r.subject is None]
        if unknown:
            raise DataError(f"{len(unknown)} training sequences name no subject, the first is {unknown[0]!r}")
        self.sequences, self.settings, self.preprocessing, self.seed = sequences, settings, preprocessing, seed
        self.augmentations = augmentations
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
        """Rows of the sequences and labels of batch `iteration`."""
        generator = np.random.default_rng([self.seed, iteration, 0])
        chosen = generator.choice(len(self.subjects), self.settings.subjects, replace=False)
        K = self.settings.sequences
        rows = [generator.choice(self._places[s], K, replace=len(self._places[s]) < K) for s in chosen]
        return np.concatenate(rows).astype(np.int64), np.repeat(chosen, K).astype(np.int64)

    def batch(self, iteration: int) -> Batch:
        """The clips of batch `iteration`; each window is drawn from (seed, iteration, place in the batch)."""
        rows, labels = self.draw(iteration)
        clips = np.stack([self._clip(int(row), iteration, place) for place, row in enumerate(rows)])
        return Batch(clips[:, None], labels)

    def _clip(self, row: int, iteration: int, place: int) -> Float32[np.ndarray, "T H W"]:
        generator = np.random.default_rng([self.seed, iteration, 1, place])
        s = self.settings
        frames = self.sequences.frames(row)
        indices = window_indices(len(frames), s.frames, generator, s.window_rule)
        clip = to_clip(frames[indices], self.preprocessing)
        for augmentation in self.augmentations:
            clip = augmentation(clip, generator)
        return clip
