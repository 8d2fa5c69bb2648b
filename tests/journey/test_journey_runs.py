"""`gaitprint model runs` as people type it: two real runs, listed, compared and drawn."""

import re
import shutil

import pytest

from gaitprint.stages.runs import runs as stage


@pytest.fixture(scope="module")
def folder(world, tmp_path_factory):
    """Both runs of the world, and a third that is damaged."""
    root = tmp_path_factory.mktemp("runs")
    for name in ("gaitgl", "gaitmask"):
        shutil.copytree(world.root / name, root / name)
    (root / "damaged").mkdir()
    (root / "damaged" / "recipe.json").write_text("{")
    return root


def test_runs_are_listed_and_compared(folder, run):
    ran = run("model", "runs", folder)
    assert (ran.code, ran.err) == (0, "")
    table, differences = ran.out.split("what sets them apart")
    for name in ("gaitgl", "gaitmask"):
        line = next(line for line in table.splitlines() if line.startswith(f"{name} "))
        assert re.search(rf"{name} +{name}-small +4 of 4 +finished", line)
    assert re.search(r"network\.name +gaitgl +gaitgl\n +gaitmask +gaitmask\n", differences)
    assert "training.iterations" not in differences
    (damaged,) = [line for line in ran.out.splitlines() if line.startswith("damaged: ")]
    assert str(folder / "damaged") in damaged


def test_json_says_what_the_function_says(folder, run):
    said = run("model", "runs", folder / "gaitmask", folder / "gaitgl", "--json").json()
    assert [r["name"] for r in said["runs"]] == ["gaitmask", "gaitgl"]
    expected = stage([folder / "gaitmask", folder / "gaitgl"]).to_dict()
    assert said["differences"] == {key: list(values) for key, values in expected["differences"].items()}
    assert [r["last"] for r in said["runs"]] == [r["last"] for r in expected["runs"]]
    assert said["differences"]["network.name"] == ["gaitmask", "gaitgl"]


def test_a_page_that_stands_alone(folder, run, tmp_path):
    page = tmp_path / "new folder" / "runs.html"
    ran = run("model", "runs", folder, "--report", page)
    assert ran.code == 0, ran.err
    assert ran.out.endswith(f"report: {page}\n")
    html = page.read_text(encoding="utf-8")
    assert "2 training runs" in html
    assert html.count('<figure class="narrow">') >= 4
    assert html.count("<li><svg") == 2
    assert not re.search(r"<script|<link|src=\"(?!data:)|@import", html)
    assert f"{folder / 'damaged'}: the run" in html.replace("&#39;", "'")
    assert [p.name for p in page.parent.iterdir()] == ["runs.html"]
    over = run("model", "runs", folder, "--report", tmp_path / "minutes.html", "--over", "minutes")
    assert over.code == 0
    assert "curves over minutes of work" in (tmp_path / "minutes.html").read_text(encoding="utf-8")


def test_without_a_folder_it_looks_here(folder, run, monkeypatch):
    monkeypatch.chdir(folder / "gaitgl")
    assert run("model", "runs", "--json").json()["runs"][0]["name"] == "gaitgl"


@pytest.mark.parametrize(
    ("words", "code", "parts"),
    [
        (["{root}/none"], 1, ["expected a folder of runs", "found nothing", "check the path"]),
        (["{root}/gaitgl/recipe.json"], 1, ["expected a folder of runs", "found a file"]),
        (["{empty}"], 1, ["no run in or below", "gaitprint model train STORE RUN"]),
        (["{root}", "--report", "{root}/page.pdf"], 1, ["ends in .html"]),
        (["{root}", "--report", "{root}/gaitgl/recipe.json/page.html"], 1, ["cannot write"]),
        (["{root}", "--over", "hours"], 2, ["'hours'", "minutes"]),
        (["{root}", "--over", "minutes"], 2, ["--over is about the curves of a page", "--report"]),
    ],
)
def test_wrong_input_is_one_line(folder, run, tmp_path, words, code, parts):
    before = sorted(folder.rglob("*"))
    ran = run("model", "runs", *(word.format(root=folder, empty=tmp_path) for word in words))
    assert (ran.code, ran.out) == (code, "")
    assert ran.err.startswith("gaitprint: ")
    assert ran.err.count("\n") == 1
    for part in parts:
        assert part in ran.err
    assert sorted(folder.rglob("*")) == before
