"""`gaitprint eval submit`: embeddings in, the answer file of a competition out, checked before it is written."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gaitprint.atomic_files import check_writable
from gaitprint.errors import ProtocolError
from gaitprint.evaluation.identification.answer_format import AnswerFormat
from gaitprint.evaluation.identification.answers import answer_probes
from gaitprint.evaluation.protocol.protocol import load_protocol, with_lists
from gaitprint.evaluation.protocol.selection import absent_notes
from gaitprint.experiments.people_warnings import people_warnings
from gaitprint.inference.selection import open_embeddings
from gaitprint.retrieval.budget import ComputeBudget
from gaitprint.retrieval.pipeline import Pipeline
from gaitprint.retrieval.spec import PipelineSpec
from gaitprint.types import Embeddings


def submit(
    embeddings: Path | Embeddings,
    out: Path,
    *,
    answer_format: AnswerFormat = AnswerFormat(),
    protocol: str | Path | None = None,
    pipeline: PipelineSpec = PipelineSpec(),
    lists: Mapping[str, Sequence[str]] | None = None,
    work: ComputeBudget | None = None,
) -> dict[str, Any]:
    """Name the subject of every probe and write the file that the organisers want.

    Args:
        embeddings: of gallery and probes, made by `gaitprint model embed --part all`.
        out: the .csv to write.
        answer_format: of the file: one subject a probe, or the twenty nearest.
        protocol: who is probe and who gallery; None: the format's own.
        pipeline: transforms and scorer.
        lists: named lists of keys that a protocol of one's own asks for.
        work: memory, cores and progress of comparing; None: the usual.

    Returns:
        Facts: the file, the numbers of probes and of subjects, how they were compared, transductive or not, warnings.

    Raises:
        GaitprintError: in one line; nothing is written.
    """
    steps = Pipeline.from_spec(pipeline)
    rules = load_protocol(protocol or answer_format.protocol)
    data = open_embeddings(embeddings)
    if protocol is None:
        _check_nobody_trains(data)
    check_writable(Path(out))
    listed = with_lists(rules, lists or {})
    found = answer_probes(data, listed, steps.as_distances(work), top=answer_format.ranks)
    answer_format.write(Path(out), found)
    return {
        "answer": str(out),
        "probes": len(found.probes),
        "subjects": len(found.known),
        "compared": steps.label,
        "transductive": steps.transductive,
        "warnings": [*people_warnings([data]), *(f"{note}." for note in absent_notes(listed, data.records))],
    }


def _check_nobody_trains(data: Embeddings) -> None:
    """No probe is of somebody to train on, yet each would be the answer to some."""
    people = {r.subject for r in data.records if r.key.startswith("train/")}
    if people:
        raise ProtocolError(
            f"the gallery holds {len(people)} people of the folder 'train', of whom no probe is: embed without "
            "--part all, or choose the gallery by a --protocol of your own"
        )
