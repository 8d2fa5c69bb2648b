"""The method in one file, and the notebook of it: both are run, and print the rows of `ablate`."""

import contextlib
import importlib.util
import io
import json
from pathlib import Path

import pytest
from asked import asked
from docs_pages import ROOT

from gaitprint.experiments.ablation import AblationSettings
from gaitprint.stages import ablate

METHOD, NOTEBOOK = ROOT / "examples" / "method.py", ROOT / "examples" / "method.ipynb"
SMALLER = {'"subjects": 40, "frames": 24': '"subjects": 16, "frames": 6', "ITERATIONS = 400": "ITERATIONS = 1"}
"""What makes it a matter of seconds."""


def small(text: str) -> str:
    for long, short in SMALLER.items():
        assert text.count(long) <= 1
        text = text.replace(long, short)
    return text


def test_it_is_short():
    assert len(METHOD.read_text(encoding="utf-8").splitlines()) <= 100


def test_the_notebook_is_made_of_the_file():
    spec = importlib.util.spec_from_file_location("generate_notebook", ROOT / "docs" / "generate_notebook.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    made = module.notebook_of(METHOD.read_text(encoding="utf-8"))
    assert made == NOTEBOOK.read_text(encoding="utf-8"), "run `python docs/generate_notebook.py`"


def test_both_run_and_their_rows_are_those_of_the_ablation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    whole = METHOD.read_text(encoding="utf-8")
    assert all(long in whole for long in SMALLER)
    answers = []
    for parts in (["".join(c["source"]) for c in cells if c["cell_type"] == "code"], [whole]):
        namespace: dict[str, object] = {"__name__": "method"}
        with contextlib.redirect_stdout(io.StringIO()) as told:
            for part in parts:  # the second time it goes on from what the first has left
                exec(compile(small(part), str(METHOD), "exec"), namespace)
        answers.append((namespace["rank1"], told.getvalue()))
    assert answers[0] == answers[1]
    rank1, told = answers[0]
    networks = {name: namespace[name] for name in ("gaitgl", "gaitmask")}
    expected = ablate(
        networks,
        request=asked(protocol="hid-draws", resamples=10),
        settings=AblationSettings(expansion={"k": 9}, further=False),
    ).rows
    assert list(rank1.values()) == [row.mean for row in expected]
    assert [line.split(" %")[0] for line in told.splitlines()] == [f"{k:26} {v:5.1f}" for k, v in rank1.items()]
