"""From nothing to a report: what the command says and leaves, and the same command once more."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from asked import asked

from gaitprint.errors import ArtefactError, ConfigError
from gaitprint.inference.embeddings_file import load_embeddings
from gaitprint.inference.fusion import fuse
from gaitprint.stages.demo import demo
from gaitprint.stages.evaluate import evaluate
from gaitprint.store import Store

TINY = {"subjects": 16, "iterations": 2, "views": ("072", "090", "108"), "seed": 2}
WORDS = ["--subjects", "16", "--iterations", "2", "--seed", "2", "--threads", "1"]
"""The same, for the command; views and frames it has none of, and there are few here."""


@contextmanager
def small(heard: dict[str, list]) -> Iterator[None]:
    """The stage with few views and frames; what it says, counts and returns is heard."""

    def stage(*given, say, progress, **named):
        def told(line):
            heard["said"].append(line)
            say(line)

        def counted(done, total, what):
            heard["done"].append((done, total, what))
            progress(done, total, what)

        result = demo(*given, **named, views=TINY["views"], say=told, progress=counted)
        heard["results"].append(result)
        return result

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gaitprint.stages.demo.FRAMES", 6)
        patch.setattr("gaitprint.stages.demo.demo", stage)
        yield


@pytest.fixture(scope="module")
def command(run, tmp_path_factory):
    out, heard = tmp_path_factory.mktemp("demo") / "out", {"said": [], "done": [], "results": []}
    with small(heard):
        ran = run("demo", out, *WORDS, "--json")
    assert ran.code == 0, ran.err
    return out, ran, heard


@pytest.fixture(scope="module")
def first(command):
    out, _, heard = command
    return out, heard["results"][0], heard["said"], heard["done"]


def test_the_command_says_what_it_does_and_explains_its_files(command, run):
    out, ran, heard = command
    told = ran.json()
    assert told == heard["results"][0].to_dict()
    assert set(told["conditions"]) == {"gaitgl", "gaitmask", "both"}
    files = run("demo", "--help").out.split("Files in OUT:")[1]
    for path in out.iterdir():
        assert path.name in files or path.name == "demo.json"
    assert Path(told["report"]).is_file()
    for line in ("drawing 16 walkers", "training gaitgl", "embedding walkers 9 to 16", "measuring"):
        assert line in ran.err


def test_the_same_command_goes_on_where_it_was(command, run):
    out, ran, heard = command
    told = ran.json()
    kept = [p for n in ("gaitgl", "gaitmask") for p in (out / n).rglob("*") if p.is_file()]
    kept += [out / "walkers" / "frames.bin", out / "gaitgl.safetensors"]  # as the pages in docs/ name it
    before = {p: p.read_bytes() for p in kept}
    stamps = {p: p.stat().st_mtime_ns for p in kept if p.name in ("model.safetensors", "frames.bin", "run.json")}
    with small({name: [] for name in heard}):
        again = run("demo", out, *WORDS)
    assert again.code == 0, again.err
    assert "Synthetic walkers, not people" in again.out
    assert "drawing" not in again.err, "it goes on where it was"
    assert "loss" not in again.err, "nothing is trained"
    assert {p: p.read_bytes() for p in kept} == before
    assert {p: p.stat().st_mtime_ns for p in stamps} == stamps
    for figures in told["conditions"].values():
        assert all(f"{value:.1f}" in again.out for value in figures.values())
    assert f"{told['ablation']['rows'][0]['mean']:.1f}" in again.out


def test_the_page_and_everything_behind_it(first):
    out, result, said, done = first
    assert result.report == out / "report" / "report.html"
    page = result.report.read_text(encoding="utf-8")
    assert "gaitmask" in page
    assert "full method" in page
    assert result.views == out / "views.html"
    assert "NM" in result.views.read_text(encoding="utf-8")
    assert len(Store.open(out / "walkers").records) == 16 * 10 * 3
    for name in ("gaitgl", "gaitmask"):
        assert (out / name / "model.safetensors").is_file()
        assert len({r.subject for r in load_embeddings(out / f"{name}.safetensors").records}) == 8
    assert said[0] == "drawing 16 walkers, 10 walks each, seen from 3 sides"
    assert "training gaitmask on walkers 1 to 8" in said
    assert "embedding walkers 9 to 16 with gaitgl" in said
    assert any(what.startswith("gaitgl loss ") and (a, b) == (2, 2) for a, b, what in done)


def test_its_figures_are_those_of_a_separate_evaluation(first):
    out, result, _, _ = first
    vectors = {name: load_embeddings(out / f"{name}.safetensors") for name in ("gaitgl", "gaitmask")}
    vectors["both"] = fuse(list(vectors.values()))
    assert result.conditions.keys() == vectors.keys()
    for name, figures in result.conditions.items():
        alone = evaluate(vectors[name], request=asked(resamples=10))
        assert figures == {r.name: r.mean for r in alone.evaluation.results}
        assert figures.keys() == {"NM", "BG", "CL"}
    rows = {row.label: row.mean for row in result.ablation.rows}
    assert (
        rows["gaitgl"]
        == evaluate(
            vectors["gaitgl"], request=asked(protocol="hid-draws", views=["072", "090", "108"], seed=2, resamples=10)
        ).mean
    )
    shown = f"{result.ablation.rows[result.ablation.full].mean:.1f}"
    assert shown in result.report.read_text(encoding="utf-8")
    assert result.to_dict()["conditions"] == result.conditions


@pytest.mark.parametrize(
    "change", [{"seed": 3}, {"subjects": 18}, {"iterations": 4}, {"views": ("036", "072", "090", "108")}]
)
def test_another_demo_does_not_go_on_there(first, change):
    out, _, _, _ = first
    with pytest.raises(ArtefactError, match="holds a demo of other walkers, views, iterations or seed: choose a new"):
        demo(out, **{**TINY, **change})


def test_refusals_write_nothing(tmp_path):
    with pytest.raises(ConfigError, match="at least 16 walkers, half of them to train on, found 15"):
        demo(tmp_path / "out", subjects=15)
    with pytest.raises(ConfigError, match="needs the views 072, 090, 108, found 072, 090"):
        demo(tmp_path / "out", views=["072", "090"])
    assert not (tmp_path / "out").exists()
