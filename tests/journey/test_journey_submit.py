"""The answer command, and named lists handed to the commands that measure."""

import json
from pathlib import Path

import numpy as np
import pytest

from gaitprint.cli.main import main
from gaitprint.inference.embeddings_file import save_embeddings
from gaitprint.types import Embeddings, PartLayout, SequenceRecord


def write(path: Path, rows: list[tuple[str, str | None, str, str, float]]) -> Path:
    records = tuple(SequenceRecord(key, subject, condition, view) for key, subject, condition, view, _ in rows)
    vectors = np.array([[place, 0.0] for *_, place in rows], np.float32)
    save_embeddings(path, Embeddings(vectors, records, PartLayout(((1, 2),)), "line"))
    return path


@pytest.fixture
def competition(tmp_path: Path) -> Path:
    return write(
        tmp_path / "hid.safetensors",
        [
            ("0500/a/default", "0500", "a", "default", 0.0),
            ("0501/b/default", "0501", "b", "default", 10.0),
            ("probe/v1/default", None, "v1", "default", 1.0),
        ],
    )


def test_the_answer_is_written_and_described(
    competition: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "answer.csv"
    assert main(["eval", "submit", str(competition), "--out", str(out), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["probes"], facts["subjects"], facts["transductive"]) == (1, 2, False)
    assert out.read_text() == "videoID,label\nv1,0500\n"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--form", "csv"], 2, "csv"),
        (["--form", "grew"], 1, "grew"),
        (["--pipeline", "none.toml"], 1, "none.toml"),
    ],
)
def test_a_wrong_answer_is_one_line_and_no_file(
    competition: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, words: str
) -> None:
    out = tmp_path / "answer.csv"
    assert main(["eval", "submit", str(competition), "--out", str(out), *arguments]) == code
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1
    assert not out.exists()


@pytest.fixture
def supermarket(tmp_path: Path) -> Path:
    rows = [
        (f"{s}/{c}/seq0", s, c, "seq0", float(10 * i + j))
        for i, s in enumerate(("0001", "0002"))
        for j, c in enumerate(("cam1", "cam2", "cam3"))
    ]
    return write(tmp_path / "gait3d.safetensors", rows)


def test_a_partition_files_probe_set_reaches_the_protocol(
    supermarket: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lists = tmp_path / "Gait3D.json"
    probes = ["0001-cam1-seq0", "0002-cam3-seq0"]
    lists.write_text(json.dumps({"TRAIN_SET": [], "TEST_SET": ["0001", "0002"], "PROBE_SET": probes}))
    arguments = ["eval", "identify", str(supermarket), "--protocol", "gait3d", "--lists", str(lists), "--json"]
    assert main(arguments) == 0
    assert json.loads(capsys.readouterr().out)["mean"] == 100.0


def test_a_probe_that_is_written_otherwise_is_no_probe_less(
    supermarket: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lists = tmp_path / "Gait3D.json"
    lists.write_text(json.dumps({"PROBE_SET": ["0001-cam1-seq0", "2-cam3-seq0"]}))
    assert main(["eval", "identify", str(supermarket), "--protocol", "gait3d", "--lists", str(lists)]) == 1
    assert "names the sequence '2-cam3-seq0', which is not there: did you mean '0002" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["[]", '{"PROBE_SET": "0001"}', "{", '{"PROBE_SET": [1]}'])
def test_lists_that_are_none_are_refused(
    supermarket: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    lists = tmp_path / "lists.json"
    lists.write_text(text)
    code = main(["eval", "identify", str(supermarket), "--protocol", "gait3d", "--lists", str(lists)])
    error = capsys.readouterr().err
    assert code in (1, 2)
    assert "lists" in error
    assert error.count("\n") == 1
