"""`gaitprint eval explain` as people type it: the nearest right and wrong walk, named walks, and wrong input."""

import pytest

from gaitprint.explanation.request import ExplainRequest
from gaitprint.inference.embeddings_file import load_embeddings
from gaitprint.retrieval.spec import PipelineSpec
from gaitprint.stages.explain import explain as stage

PROBE = "012/nm-05/090"


def typed(world, *words, vectors="gaitgl"):
    return [
        *("eval", "explain", world.store, "--model", world.model("gaitgl"), "--embeddings", world.vectors(vectors)),
        *("--probe", PROBE),
        *words,
    ]


def test_the_nearest_right_and_wrong(world, run, tmp_path):
    page, picture = tmp_path / "why.html", tmp_path / "why.png"
    ran = run(*typed(world, "--out", page, "--figure", picture))
    assert (ran.code, ran.err) == (0, "")
    assert " is the nearest walk of the same person: distance " in ran.out
    assert " is the nearest walk of anybody else: distance " in ran.out
    assert "written: " + str(page) in ran.out
    assert "note: Synthetic walkers are not people" in ran.out
    table = ran.out[ran.out.index("rows ") :].splitlines()
    assert {"right", "wrong"} <= set(table[0].split())
    assert table[1].split()[:2] == ["1-4", "head"]
    assert "<title>Why 012/nm-05/090 is " in page.read_text(encoding="utf-8")
    assert picture.stat().st_size > 1000


def test_json_says_what_the_function_says(world, run):
    said = run(*typed(world, "--pipeline", "part-mean", "--json")).json()
    known = load_embeddings(world.vectors("gaitgl"))
    request = ExplainRequest(PROBE, embeddings=known, pipeline=PipelineSpec.parse("part-mean"))
    expected = stage(world.store, [world.model("gaitgl")], request).to_dict()
    assert [a["key"] for a in said["against"]] == [a["key"] for a in expected["against"]]
    for found, other in zip(said["against"], expected["against"], strict=True):
        assert found["strips"] == pytest.approx(other["strips"])
        assert sum(found["strips"]) == pytest.approx(found["distance"])
        assert sum(found["probe_moments"]) == pytest.approx(found["distance"])
        assert sum(found["other_moments"]) == pytest.approx(found["distance"])


def test_two_networks_and_named_walks(world, run, tmp_path):
    models = ["--model", world.model("gaitgl"), "--model", world.model("gaitmask")]
    words = ["--probe", PROBE, "--against", "013/nm-01/000", "--against", "012/nm-01/000"]
    said = run("eval", "explain", world.store, *models, *words, "--json").json()
    assert [(a["key"], a["place"]) for a in said["against"]] == [("013/nm-01/000", None), ("012/nm-01/000", None)]
    assert said["gallery"] is None
    vectors = ["--embeddings", world.vectors("both")]
    assert run("eval", "explain", world.store, *models, *vectors, *words, "--json").code == 0


@pytest.mark.parametrize(
    ("words", "code", "parts"),
    [
        (["--probe", "012/nm-05/09"], 1, ["'012/nm-05/09'", "did you mean"]),
        (["--probe", "012/nm-01/090"], 1, ["no probe of protocol casia-b", "--against"]),
        (["--against", PROBE], 1, ["on both sides"]),
        (["--against", "999"], 1, ["the store has no sequence '999'"]),
        (["--pipeline", "k-reciprocal"], 1, ["'k-reciprocal'", "euclidean", "part-mean"]),
        (["--pipeline", "unit-length,part-mean"], 1, ["'unit-length,part-mean'", "sum over parts of the vectors"]),
        (["--set", "euclidean.k=1"], 1, ["has no setting 'k'"]),
        (["--protocol", "casia-bb"], 1, ["'casia-bb'", "did you mean"]),
        (["--fusion", "sum"], 2, ["'sum'", "raw", "unit"]),
        (["--out", "{out}"], 1, ["ends in .html"]),
        (["--figure", "{out}"], 1, ["ends in .png"]),
        (["--embeddings", "{out}"], 1, ["no embeddings at"]),
        (["--embeddings", "{gm}"], 1, ["embeddings were made by", "same models in the same order"]),
        (["--model", "{out}"], 1, ["no model file"]),
        (["--device", "gpu"], 1, ["no device is called 'gpu'"]),
    ],
)
def test_wrong_input_is_one_line(world, run, tmp_path, words, code, parts):
    places = {"out": tmp_path / "out", "gm": world.vectors("gaitmask")}
    ran = run(*typed(world, *(w.format(**places) for w in words)))
    assert (ran.code, ran.out) == (code, "")
    assert ran.err.startswith("gaitprint: ")
    assert ran.err.count("\n") == 1
    for part in parts:
        assert part in ran.err
    assert list(tmp_path.iterdir()) == []


def test_something_to_compare_with_is_needed(world, run):
    ran = run("eval", "explain", world.store, "--model", world.model("gaitgl"), "--probe", PROBE)
    assert ran.code == 1
    assert "--against KEY, or --embeddings FILE" in ran.err
