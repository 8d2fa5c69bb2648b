"""`gaitprint eval submit`: embeddings in, the answer file of a competition out, checked before it is written."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from gaitprint.atomic_files import check_writable
from gaitprint.errors import ConfigError, ProtocolError
from gaitprint.evaluation.identification.answers import GREW_RANKS, answer_probes, write_grew_answer, write_hid_answer
from gaitprint.evaluation.protocol.protocol import load_protocol, with_lists
from gaitprint.evaluation.protocol.selection import absent_notes
from gaitprint.experiments.people_warnings import people_warnings
from gaitprint.inference.selection import open_embeddings
from gaitprint.retrieval.budget import ComputeBudget
from gaitprint.retrieval.pipeline import Pipeline
from gaitprint.retrieval.spec import PipelineSpec
from gaitprint.types import Embeddings

PROTOCOLS = {"hid": "hid", "grew": "grew-test"}
"""The protocol that says who is probe and who gallery, by the form of the file."""


def submit(
    embeddings: Path | Embeddings,
    out: Path,
    *,
    form: str = "hid",
    header: Literal["label", "subjectID"] = "label",
    protocol: str | Path | None = None,
    pipeline: PipelineSpec = PipelineSpec(),
    lists: Mapping[str, Sequence[str]] | None = None,
    work: ComputeBudget | None = None,
) -> dict[str, Any]:
    """Name the subject of every probe and write the file that the organisers want.

    Args:
        embeddings: of gallery and probes, made by `gaitprint model embed --part all`.
        out: the .csv to write.
        form: `hid` has one subject a probe, `grew` the twenty nearest.
        header: the second column of a HID file; the first editions wanted `subjectID`.
        protocol: who is probe and who gallery; None: the form's own.
        pipeline: transforms and scorer.
        lists: named lists of keys that a protocol of one's own asks for.
        work: memory, cores and progress of comparing; None: the usual.

    Returns:
        Facts: the file, the numbers of probes and of subjects, how they were compared, transductive or not, warnings.

    Raises:
        GaitprintError: in one line; nothing is written.
    """
    if form not in PROTOCOLS:
        raise ConfigError(f"the form of an answer file is 'hid' or 'grew', found {form!r}")
    steps = Pipeline.from_spec(pipeline)
    rules = load_protocol(protocol or PROTOCOLS[form])
    data = open_embeddings(embeddings)
    if protocol is None:
        _check_nobody_trains(data)
    top = GREW_RANKS if form == "grew" else 1
    check_writable(Path(out))
    listed = with_lists(rules, lists or {})
    found = answer_probes(data, listed, steps.as_distances(work), top=top)
    if form == "grew":
        write_grew_answer(Path(out), found.probes, found.subjects, expected_probes=found.probes, known_ids=found.known)
    else:
        first = [ranked[0] for ranked in found.subjects]
        write_hid_answer(
            Path(out), found.probes, first, expected_probes=found.probes, known_ids=found.known, header=header
        )
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
