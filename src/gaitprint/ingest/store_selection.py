"""Which sequences of a store are meant: of which people, and good enough."""

from collections.abc import Sequence
from dataclasses import dataclass

from gaitprint.arguments import settle_fields
from gaitprint.config import require
from gaitprint.errors import ConfigError, did_you_mean
from gaitprint.ingest.quality_mask import quality_mask
from gaitprint.ingest.splits import split_of
from gaitprint.store import SequenceSet, Store, Subset

PARTS = ("test", "train", "all")
"""The sides of a split, and both with everybody who is on neither."""


@dataclass(frozen=True)
class StoreSelection:
    """The people and the quality that somebody asked for; as it stands, whom the usual split names."""

    split: str | None = None
    """A split of the store's data set; None: its usual one."""
    subjects: Sequence[str] | None = None
    """Only these, whatever the split says."""
    quality: str = ""
    """Only sequences that pass, such as `height>=60,holes<0.05`; see `QualityFilter`."""

    def __post_init__(self) -> None:
        settle_fields(self)

    def choose(self, store: Store, part: str) -> SequenceSet:
        """Take the sequences of one of `PARTS`, or of the named subjects; the result may be empty.

        Sequences without a subject are never trained on and belong to the test side.

        Raises:
            ConfigError: an unknown part or subject, or a quality filter that is none.
            DataError: an unknown split.
            ArtefactError: a filter, and a store without measurements.
        """
        require(part in PARTS, f"the part to embed is 'test', 'train' or 'all', found {part!r}")
        mask = quality_mask(store, self.quality)
        if self.subjects is not None:
            chosen: set[str | None] = set(self.subjects)
            known = sorted({r.subject for r in store.records if r.subject is not None})
            missing = sorted(set(self.subjects).difference(known))
            if missing:
                meant = f"; {did_you_mean(missing[0], known)}" if known else ""
                raise ConfigError(f"subject {missing[0]!r} is not in the store: it holds {span_of(known)}{meant}")
        elif part == "all":
            return store if mask is None else Subset(store, lambda r: True, mask)
        else:
            sides = split_of(store, self.split)
            chosen = {*sides.train} if part == "train" else {*sides.test, None}
        return Subset(store, lambda r: r.subject in chosen, mask)


def span_of(subjects: Sequence[str]) -> str:
    """How many people, and between which names.

    >>> span_of(["001", "002", "074"])
    '3 subjects, 001 to 074'
    """
    return f"{len(subjects)} subjects, {subjects[0]} to {subjects[-1]}" if subjects else "no named subject"
