"""The answer file of a competition: every probe named once, nearest first, refused before anything is written."""

from pathlib import Path

import numpy as np
import pytest

from gaitprint.cli.main import main
from gaitprint.errors import ConfigError, DataError, GaitprintError, ProtocolError
from gaitprint.evaluation.identification.answer_format import AnswerFormat
from gaitprint.retrieval.spec import PipelineSpec
from gaitprint.stages.submit import submit
from gaitprint.types import Embeddings, PartLayout, SequenceRecord


def made(rows: list[tuple[str, str | None, str, str, float]]) -> Embeddings:
    """Embeddings on a line: one float says where a sequence stands."""
    records = tuple(SequenceRecord(key, subject, condition, view) for key, subject, condition, view, _ in rows)
    vectors = np.array([[place, 0.0] for *_, place in rows], np.float32)
    return Embeddings(vectors, records, PartLayout(((1, 2),)), "line")


def hid() -> Embeddings:
    return made(
        [
            ("0500/a/default", "0500", "a", "default", 0.0),
            ("0501/b/default", "0501", "b", "default", 10.0),
            ("probe/v2/default", None, "v2", "default", 9.0),
            ("probe/v1/default", None, "v1", "default", 1.0),
        ]
    )


def test_a_header_of_the_other_form_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "a.csv"
    assert main(["eval", "submit", "e.safetensors", "--out", str(out), "--form", "grew", "--header", "subjectID"]) == 2
    assert "--header subjectID is of HID files" in capsys.readouterr().err


@pytest.mark.parametrize("header", ["label", "subjectID"])
def test_each_probe_gets_the_subject_of_its_nearest_gallery_sequence(tmp_path: Path, header: str) -> None:
    facts = submit(hid(), tmp_path / "a.csv", answer_format=AnswerFormat(header=header))
    lines = (tmp_path / "a.csv").read_text().splitlines()
    assert lines[0] == f"videoID,{header}"
    assert sorted(lines[1:]) == ["v1,0500", "v2,0501"]
    assert (facts["probes"], facts["subjects"], facts["transductive"]) == (2, 2, False)
    assert [w[:18] for w in facts["warnings"]] == ["It is unknown whom"]


def test_a_transductive_answer_says_so(tmp_path: Path) -> None:
    steps = PipelineSpec.parse("k-reciprocal", ["k-reciprocal.k1=1", "k-reciprocal.k2=1"])
    assert submit(hid(), tmp_path / "a.csv", pipeline=steps)["transductive"] is True


def test_grew_lists_the_twenty_nearest(tmp_path: Path) -> None:
    gallery = [(f"{i:05d}/01/x", f"{i:05d}", "01", "x", float(i)) for i in range(1, 23)]
    rows = [*gallery, ("probe/03/clip", None, "03", "clip", 0.0)]
    submit(made(rows), tmp_path / "a.csv", answer_format=AnswerFormat("grew"))
    header, line = (tmp_path / "a.csv").read_text().splitlines()
    assert header == "videoId," + ",".join(f"rank{k}" for k in range(1, 21))
    assert line == "clip," + ",".join(str(i) for i in range(1, 21))


def test_too_small_a_gallery_for_grew_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    rows = [("00001/01/x", "00001", "01", "x", 0.0), ("probe/03/c", None, "03", "c", 1.0)]
    with pytest.raises(ProtocolError, match="20 nearest gallery sequences"):
        submit(made(rows), tmp_path / "a.csv", answer_format=AnswerFormat("grew"))
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_form_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="'hid' or 'grew', found 'csv'"):
        AnswerFormat("csv")
    with pytest.raises(ConfigError, match="the header subjectID is of HID files"):
        AnswerFormat("grew", "subjectID")
    with pytest.raises(DataError, match="'label' or 'subjectID', found 'id'"):
        AnswerFormat(header="id")


def test_data_without_probes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(GaitprintError, match="probe"):
        submit(hid().select([0, 1]), tmp_path / "a.csv")
    assert list(tmp_path.iterdir()) == []
