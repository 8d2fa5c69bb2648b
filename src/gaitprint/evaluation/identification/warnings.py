"""What must be said beside the figures of an evaluation: few subjects, unmatched probes, blind guessing."""

from collections.abc import Sequence

from gaitprint.evaluation.identification.result import Evaluation, ProbeSetResult
from gaitprint.evaluation.protocol.selection import absent_notes

FEW_SUBJECTS = 20


def data_warnings(evaluations: Sequence[Evaluation]) -> list[str]:
    """What a reader must know: listed sequences that are not there, empty cells, unmatched probes, few subjects."""
    notes: dict[str, None] = {}
    for evaluation in evaluations:
        notes |= {f"{note}.": None for note in absent_notes(evaluation.protocol, evaluation.records)}
        for result in evaluation.results:
            for note in (*result.notes, *_unmatched(evaluation, result)):
                notes[f"{result.name}: {note}."] = None
    subjects = max(r.counts.subjects for e in evaluations for r in e.results)
    if subjects < FEW_SUBJECTS:
        people = "subject" if subjects == 1 else "subjects"
        notes[f"Only {subjects} {people}: figures and intervals say little about other people."] = None
    return list(notes)


def chance_warnings(label: str, evaluation: Evaluation) -> list[str]:
    """An alarm for figures near blind guessing: one sentence, or none."""
    near = [r for r in evaluation.results if r.chance < 50 and r.mean < 2 * r.chance]
    if not near:
        return []
    figures = ", ".join(f"{r.name} {r.mean:.1f} %" for r in near)
    chances = sorted({f"{r.chance:.1f}" for r in near}, key=float)
    return [
        f"{label}: {figures}, near blind guessing ({' or '.join(chances)} %): the network has learnt nothing, "
        "or its vectors and records do not belong together."
    ]


def _unmatched(evaluation: Evaluation, result: ProbeSetResult) -> list[str]:
    counts = result.counts
    if not counts.unmatched:
        return []
    if counts.left_out:
        return [f"{counts.unmatched} of {counts.trials} comparisons have no right item in the gallery and are left out"]
    without = "" if result.mean_matched is None else f"; without them the figure is {result.mean_matched:.1f} %"
    share = f"{counts.unmatched} of {counts.trials} comparisons have no right item in the gallery and count as wrong"
    return [share + (without if evaluation.protocol.unmatched == "both" else "")]
