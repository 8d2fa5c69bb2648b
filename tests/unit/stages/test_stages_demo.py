"""From nothing to a report, twice."""

import pytest
from asked import asked

from gaitprint.errors import ArtefactError, ConfigError
from gaitprint.inference.embeddings_file import load_embeddings
from gaitprint.inference.fusion import fuse
from gaitprint.stages.demo import demo
from gaitprint.stages.evaluate import evaluate
from gaitprint.store import Store

TINY = {"subjects": 16, "iterations": 2, "views": ("072", "090", "108"), "seed": 2}
"""Of frames, too, there are few here: see the fixture."""

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    out, said, done = tmp_path_factory.mktemp("demo") / "out", [], []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gaitprint.stages.demo.FRAMES", 9)
        result = demo(out, **TINY, say=said.append, progress=lambda a, b, what: done.append((a, b, what)))
    return out, result, said, done


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
