"""What the doctor misses in records: views that a walk lacks, a split that keeps nobody apart."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from gaitprint.checks.findings import Finding
from gaitprint.texts import natural_order
from gaitprint.types import SequenceRecord

MIN_WALKS = 5
"""Fewer walks do not say which views are usual."""
LACKING = 0.1
"""Share of walks, or a single one, that may lack a view which is still usual."""


def missing_views(records: Sequence[SequenceRecord]) -> Iterable[Finding]:
    """Walks that lack views which nine tenths of all walks have; at most one finding.

    A data set of chance views, such as one filmed in the street, has no usual ones and gets none.
    """
    walks: dict[tuple[str, str], set[str]] = defaultdict(set)
    for record in records:
        if record.subject is not None:
            walks[record.subject, record.condition].add(record.view)
    if len(walks) < MIN_WALKS:
        return
    counts = Counter(view for views in walks.values() for view in views)
    # at least one walk may always lack a view: of five walks a tenth is none
    usual = {view for view, count in counts.items() if len(walks) - count <= max(1, int(LACKING * len(walks)))}
    lacking = {walk: sorted(usual - views, key=natural_order) for walk, views in sorted(walks.items()) if usual - views}
    if lacking:
        what = f"walks that lack views which nearly all have: {len(lacking)} of {len(walks)}"
        advice = (
            "a probe whose subject lacks the gallery's view counts as wrong or not at all; film or convert them again"
        )
        yield Finding("note", what, advice, tuple(_lines(lacking, Counter(subject for subject, _ in walks))))


def _lines(lacking: Mapping[tuple[str, str], list[str]], walks: Mapping[str, int]) -> Iterator[str]:
    """`005/bg-01: 018, 036`, or `005: 018, 036` where all walks of a subject, two or more, lack the same views."""
    subjects: dict[str, list[tuple[str, list[str]]]] = defaultdict(list)
    for (subject, condition), views in lacking.items():
        subjects[subject].append((condition, views))
    for subject, gaps in subjects.items():
        alike = len(gaps) == walks[subject] > 1 and all(views == gaps[0][1] for _, views in gaps)
        for name, views in [(subject, gaps[0][1])] if alike else [(f"{subject}/{c}", v) for c, v in gaps]:
            yield f"{name}: {', '.join(views)}"
