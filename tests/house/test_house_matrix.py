"""`make matrix` counts what pytest says, goes on where it was, and knows what it cannot run."""

import json
from pathlib import Path

import matrix
import pytest
from matrix import CELLS, HERE, Cell, Missing, busy, counted, environment, main, run_cell, table

REPORT = """<testsuites><testsuite>
<testcase classname="a.b" name="good"/><testcase classname="a.b" name="bad"><failure/></testcase>
<testcase classname="a.c" name="worse"><error/></testcase><testcase classname="a.c" name="left"><skipped/></testcase>
<testcase classname="a.c" name="fine[1]"/></testsuite></testsuites>"""


def test_a_report_is_counted(tmp_path):
    (tmp_path / "r.xml").write_text(REPORT)
    assert counted(tmp_path / "r.xml") == {
        "passed": 2,
        "failed": 2,
        "skipped": 1,
        "names": ["a.b::bad", "a.c::worse"],
    }


def test_what_was_run_on_the_same_files_is_not_run_again(tmp_path, monkeypatch):
    ran = []

    def run(name, cell, tests, folder):
        ran.append(name)
        if name == "newest":
            raise Missing("no room")
        return {"passed": 3, "failed": int(name == "avx2"), "skipped": 0, "minutes": 1.5, "names": ["t::x"]}

    monkeypatch.setattr(matrix, "tree", lambda: "one")
    for names in (["plain"], ["plain", "avx2", "newest"], ["newest", "avx2"]):
        results = matrix.matrix(names, (), tmp_path, False, run)
    assert ran == ["plain", "avx2", "newest", "newest"], "what was missing is looked for again"
    shown = table(results)
    assert "| `avx2` | no instructions beyond AVX2 | 3 | 1 | 0 | 1.5 |" in shown
    assert "| `newest` | the newest versions that the ranges allow | no room |  |  |  |" in shown
    assert "avx2: FAILED t::x" in shown
    assert len([line for line in shown.splitlines() if line.startswith("| `")]) == len(CELLS)
    assert matrix.matrix(["plain"], ("tests/x",), tmp_path, False, run).keys() == {"plain"}, "of some tests is another"
    assert matrix.matrix(["plain"], (), tmp_path, True, run)
    monkeypatch.setattr(matrix, "tree", lambda: "another")
    matrix.matrix(["plain"], (), tmp_path, False, run)
    assert ran[4:] == ["plain"] * 3
    assert list(json.loads((tmp_path / "results.json").read_text())) == ["another"]


def test_a_cell_runs_tests_under_its_variables(tmp_path):
    (tmp_path / "test_mine.py").write_text(
        "import os\ndef test_it():\n    assert os.environ['OMP_NUM_THREADS'] == '4'\ndef test_not():\n    assert 0\n"
    )
    found = run_cell("threads", CELLS["threads"], [str(tmp_path / "test_mine.py"), "-n0"], tmp_path)
    assert (found["passed"], found["failed"]) == (1, 1)
    assert found["names"][0].endswith("test_not")
    assert "assert 0" in (tmp_path / "threads.log").read_text()


def test_a_python_that_is_not_there_is_said(tmp_path, monkeypatch):
    assert environment(CELLS["plain"], tmp_path)
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    with pytest.raises(Missing, match=r"no Python 3\.99 found"):
        environment(Cell("none", python="3.99"), tmp_path)
    place = tmp_path / "python-3.99"
    place.mkdir()
    (place / "ready").touch()
    assert environment(Cell("made before", python="3.99"), tmp_path) == str(place / "bin" / "python")


def test_load_ends_with_the_block():
    with busy(2) as running:
        assert [process.poll() for process in running] == [None, None]
    assert [process.returncode for process in running] == [-9, -9]


def test_a_cell_that_nobody_knows_is_named(capsys):
    with pytest.raises(SystemExit) as left:
        main(["avx3"])
    assert left.value.code == 2
    assert "no cell is called 'avx3': expected some of plain, avx2" in capsys.readouterr().err
    assert f"python-{HERE}" not in CELLS, "that is plain"
