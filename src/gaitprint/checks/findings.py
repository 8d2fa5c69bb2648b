"""What the doctor can find wrong, and what to do about it: plain rules on what was read."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from gaitprint.datasets import casia_b, oumvlp
from gaitprint.silhouettes.looks import ADVICE
from gaitprint.silhouettes.normalize import MIN_FRAMES
from gaitprint.store import StoredSequence

Severity = Literal["error", "warning", "note"]

PUBLISHED = {
    "casia-b": (casia_b.published_keys, "a few dozen are missing in most copies"),
    "oumvlp": (oumvlp.published_keys, "one in ten was never recorded"),
}
"""Data sets whose whole grid is known, and how much of it nobody has."""
POOR = (
    ("truncated", 0.5, "the body cut off by the image's border in over half of the frames"),
    ("holes", 0.1, "holes of over a tenth of the body"),
    ("pieces", 0.5, "a second piece beside the body in over half of the frames"),
    ("merges", 0.3, "something merged with the body in over three tenths of the frames"),
    ("jumps", 0.1, "jumps from one frame to the next in over a tenth of the steps"),
)
"""Measurement, limit, and what it means; see `gaitprint.silhouettes.quality`."""
_NUMBER = re.compile(r"\d+")


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
        names = self.named(shown)
        return f"{self.severity}: {self.what}{f' ({names})' if names else ''}: {self.advice}"

    def named(self, shown: int = 3) -> str:
        """The first of the keys."""
        return ", ".join(self.keys[:shown]) + (", ..." if len(self.keys) > shown else "")


@dataclass(frozen=True)
class Unusable:
    """A sequence of which no frames came out."""

    key: str
    reason: str
    place: str = ""
    """Where it lies in the data set."""
    again: bool = False
    """The system would not read it this time; nothing is known against the sequence itself."""


def impossible_rows(rows: Sequence[StoredSequence]) -> Iterable[Finding]:
    """What no writer of a store leaves behind: no row at all, or two of one key."""
    twice = tuple(sorted(key for key, count in Counter(row.key for row in rows).items() if count > 1))
    if twice or not rows:
        what = f"keys that are in the store twice: {len(twice)}" if twice else "a store without a sequence"
        yield Finding("error", what, "its index was not written by `data prepare`: prepare the store again", twice)


def few_frames(rows: Sequence[StoredSequence]) -> Iterable[Finding]:
    """Sequences too short for a step."""
    keys = tuple(r.key for r in rows if r.length < MIN_FRAMES)
    if keys:
        what = f"sequences with fewer than {MIN_FRAMES} frames: {len(keys)}"
        yield Finding("warning", what, "they are kept; look at them, their embeddings are poor", keys)


def alike(warnings: Iterable[tuple[str, str]]) -> list[tuple[str, tuple[str, ...]]]:
    """Pairs of a key and a warning by warning, the first of those that differ in numbers alone, with all its keys."""
    groups: dict[str, tuple[str, list[str]]] = {}
    for key, warning in warnings:
        # "3 of 90 frames" and "5 of 80 frames" are one trouble
        groups.setdefault(_NUMBER.sub("#", warning), (warning, []))[1].append(key)
    return [(warning, tuple(keys)) for warning, keys in groups.values()]


def odd_looks(rows: Sequence[StoredSequence]) -> Iterable[Finding]:
    """What was mended, and what does not look like somebody who walks; short sequences have a rule of their own."""
    remarks = [(r.key, w) for r in rows for w in r.warnings if r.length >= MIN_FRAMES or w in ADVICE]
    for warning, keys in alike(remarks):
        severity: Severity = "warning" if warning in ADVICE else "note"
        advice = ADVICE.get(warning, "mended, there is nothing to do")
        yield Finding(severity, f"sequences of which is said: {warning}: {len(keys)}", advice, keys)


def duplicates(rows: Sequence[StoredSequence]) -> Iterable[Finding]:
    """Sequences of the same frames, worst where they stand under two subjects."""
    groups: dict[str, list[StoredSequence]] = defaultdict(list)
    for row in rows:
        groups[row.sha256].append(row)
    across: list[str] = []
    within: list[str] = []
    for group in (g for g in groups.values() if len(g) > 1):
        # unknown counts as a subject of its own here: a probe with the frames of a known sequence is a leak
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
        if len(keys) == len(counts) and any(r.subject is None for r in rows):
            yield Finding(
                "note", what, "enough for a gallery whose probes are the sequences without a known subject", keys
            )
        else:
            yield Finding("warning", what, "a test needs one for the gallery and one as probe; film them again", keys)


def unknown_subjects(rows: Sequence[StoredSequence]) -> Iterable[Finding]:
    """Sequences of nobody known, such as a competition's probes."""
    keys = tuple(r.key for r in rows if r.subject is None)
    if keys:
        yield Finding(
            "note", f"sequences without a known subject: {len(keys)}", "they can be searched, not scored", keys
        )


def unusable_sequences(unusable: Sequence[Unusable], kind: str) -> Iterable[Finding]:
    """Sequences of which no frames came out, grouped by nothing: each has its own reason in the report."""
    unread = [u for u in unusable if u.again]
    if unread:
        what = f"sequences that the system does not let be read: {len(unread)}, the first because {unread[0].reason}"
        advice = "ask for the right to read them, or check the disk, and run it again; --fix leaves them where they are"
        yield Finding("error", what, advice, tuple(u.key for u in unread))
    unusable = [u for u in unusable if not u.again]
    if unusable:
        what = f"sequences that cannot be used: {len(unusable)}, the first because {unusable[0].reason}"
        left = "`data prepare` leaves them out, --fix puts them aside"
        damaged = "the file is damaged: --fix takes them out and `data prepare` on the same source reads them again"
        advice = damaged if kind == "store" else left
        yield Finding("error", what, advice, tuple(u.key for u in unusable))


def odd_sizes(keys: Sequence[str], shapes: Sequence[tuple[int, int]]) -> Iterable[Finding]:
    """Frames of several sizes: a store holds one."""
    counts = Counter(shapes)
    if len(counts) > 1:
        sizes = ", ".join(f"{n} of {h}x{w}" for (h, w), n in counts.most_common())
        usual = counts.most_common(1)[0][0]
        other = tuple(key for key, shape in zip(keys, shapes, strict=True) if shape != usual)
        advice = "`data prepare` keeps the commonest size alone: prepare each kind by itself"
        yield Finding("error", f"frames of different sizes ({sizes})", advice, other)


def poor_quality(rows: Sequence[StoredSequence]) -> Iterable[Finding]:
    """Sequences whose measurements are far from what silhouettes of one walker give."""
    for name, limit, words in POOR:
        keys = tuple(r.key for r in rows if r.quality.get(name, 0.0) > limit)
        if keys:
            what = f"sequences with {words}: {len(keys)}"
            yield Finding("warning", what, f"look at them; `--quality '{name}<={limit}'` leaves them out", keys)


def missing_of_published(dataset: str, present: Iterable[str]) -> Iterable[Finding]:
    """Sequences of the published set of CASIA-B or OUMVLP that are not there."""
    if dataset not in PUBLISHED:
        return
    wanted, usual = PUBLISHED[dataset]
    published = wanted()
    missing = sorted(published - set(present))
    if missing:
        what = f"published sequences that are missing: {len(missing)} of {len(published)}"
        advice = f"{usual}; figures on fewer sequences are not comparable"
        yield Finding("note" if len(missing) < len(published) / 8 else "warning", what, advice, tuple(missing))
