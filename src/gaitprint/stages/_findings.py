"""What the doctor can find wrong, and what to do about it: plain rules on what was read."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from gaitprint.datasets.casia_b import published_keys
from gaitprint.silhouettes.normalize import MIN_FRAMES
from gaitprint.store import StoredSequence

Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True)
class Finding:
    """One kind of trouble: how bad, what, with whom, and the way out."""

    severity: Severity
    what: str
    advice: str
    keys: tuple[str, ...] = ()
    """The sequences (or subjects) concerned, in order."""

    def line(self, shown: int = 3) -> str:
        """One line for people."""
        names = ", ".join(self.keys[:shown]) + (", ..." if len(self.keys) > shown else "")
        return f"{self.severity}: {self.what}{f' ({names})' if names else ''}: {self.advice}"


def few_frames(rows: Sequence[StoredSequence]) -> Iterable[Finding]:
    """Sequences too short for a step."""
    keys = tuple(r.key for r in rows if r.length < MIN_FRAMES)
    if keys:
        what = f"sequences with fewer than {MIN_FRAMES} frames: {len(keys)}"
        yield Finding("warning", what, "they are kept; look at them, their embeddings are poor", keys)


def duplicates(rows: Sequence[StoredSequence]) -> Iterable[Finding]:
    """Sequences of the same frames, worst where they stand under two subjects."""
    groups: dict[str, list[StoredSequence]] = defaultdict(list)
    for row in rows:
        groups[row.sha256].append(row)
    across: list[str] = []
    within: list[str] = []
    for group in (g for g in groups.values() if len(g) > 1):
        (across if len({r.subject for r in group}) > 1 else within).extend(r.key for r in group)
    if across:
        what = f"sequences of different subjects with exactly the same frames: {len(across)}"
        yield Finding("error", what, "one of the names is wrong, remove or correct it", tuple(across))
    if within:
        what = f"sequences with exactly the frames of another of their subject: {len(within)}"
        yield Finding("warning", what, "remove the copies, they make a test look easier than it is", tuple(within))


def lonely_subjects(rows: Sequence[StoredSequence]) -> Iterable[Finding]:
    """Subjects with a single sequence, who can be neither found nor learned from."""
    counts = Counter(r.subject for r in rows if r.subject is not None)
    keys = tuple(sorted(s for s, n in counts.items() if n == 1))
    if keys:
        what = f"subjects with a single sequence: {len(keys)}"
        yield Finding("warning", what, "a test needs one for the gallery and one as probe; film them again", keys)


def unknown_subjects(rows: Sequence[StoredSequence]) -> Iterable[Finding]:
    """Sequences of nobody known, such as a competition's probes."""
    keys = tuple(r.key for r in rows if r.subject is None)
    if keys:
        yield Finding(
            "note", f"sequences without a known subject: {len(keys)}", "they can be searched, not scored", keys
        )


def missing_of_casia_b(present: Iterable[str]) -> Iterable[Finding]:
    """Sequences of the published set of 124 x 10 x 11 that are not there."""
    wanted = published_keys()
    missing = sorted(wanted - set(present))
    if missing:
        what = f"published sequences that are missing: {len(missing)} of {len(wanted)}"
        advice = "a few dozen are missing in most copies; figures on fewer sequences are not comparable"
        yield Finding("note" if len(missing) < 100 else "warning", what, advice, tuple(missing))
