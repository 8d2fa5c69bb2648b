"""`gaitprint bench` as people type it."""

import json
from dataclasses import replace

import pytest

from gaitprint.datasets.synthetic import SyntheticSettings
from gaitprint.exported import trial
from gaitprint.inference.backend_choice import available
from gaitprint.stages.evaluate import evaluate

QUICK = ["--frames", "3,5", "--rounds", "2"]


def test_speeds_of_model_files(world, run, tmp_path):
    models = [word for name in ("gaitgl", "gaitmask") for word in ("--model", world.model(name))]
    out = tmp_path / "bench"
    ran = run("bench", *models, *QUICK, "--out", out, "--json")
    said = ran.json()
    assert [(s["network"], s["backend"], s["frames"]) for s in said["speeds"]] == [
        (network, backend, frames) for network in ("gaitgl", "gaitmask") for backend in available() for frames in (3, 5)
    ]
    for s in said["speeds"]:
        assert 0 < s["median"] <= s["percentile_95"]
        assert s["share"] > 0
    assert json.loads((out / "bench.json").read_text()) == said
    assert (out / "bench.png").read_bytes().startswith(b"\x89PNG")
    assert sorted(p.name for p in out.iterdir()) == ["bench.json", "bench.png"]
    assert "100 of 100" in ran.err


def test_speeds_in_words(world, run):
    ran = run("bench", "--model", world.model("gaitgl"), *QUICK)
    first, head, *rows, last = ran.out.splitlines()
    assert "1 thread" in first
    assert head.split()[0] == "network"
    assert len(rows) == 2 * len(available())
    assert sum(" *" in row for row in rows) == 2
    assert "--backend auto" in last


@pytest.fixture
def few_walkers(monkeypatch):
    """For the ranges and the ranks of 8 bits."""
    small = SyntheticSettings(2, frames=6, conditions=("nm-01", "cl-01"), views=("090",))
    monkeypatch.setattr(trial, "_CALIBRATING", small)
    monkeypatch.setattr(trial, "_RANKING", replace(small, start=501))


@pytest.mark.usefixtures("few_walkers")
def test_8_bits_are_rows_of_their_own(world, run):
    ran = run("bench", "--model", world.model("gaitgl"), *QUICK, "--int8")
    _, _, *rows, last = ran.out.splitlines()
    gates = [row for row in rows if "rank gate" in row]
    assert len(rows) - len(gates) == 2 * (len(available()) + 2)
    assert sum(" int8" in row for row in rows if row not in gates) == 4
    assert [row.split(":")[0] for row in gates] == ["gaitgl, onnxruntime int8", "gaitgl, openvino int8"]
    assert all("passed: " in row or "refused: " in row for row in gates)
    assert "what --backend auto takes" in last


def test_8_bits_over_a_store_are_ranked_on_its_sample(world, run, tmp_path):
    ran = run("bench", "--store", world.store, "--model", world.model("gaitmask"), "--int8", "--out", tmp_path)
    gates = [row for row in ran.out.splitlines() if "rank gate" in row]
    assert [row.split(":")[0] for row in gates] == ["gaitmask, onnxruntime int8", "gaitmask, openvino int8"]
    points = json.loads((tmp_path / "bench.json").read_text())["points"]
    full, reduced = ([p for p in points if p["precision"] == name] for name in ("float32", "int8"))
    assert [p["backend"] for p in full] == available()
    assert [p["backend"] for p in reduced] == ["onnxruntime", "openvino"]
    assert all(p["ranks"] is None for p in full)
    for p in reduced:
        assert p["ranks"]["sequences"] == 64
        assert p["ranks"]["passes"] is (p["ranks"]["agreement"] >= 99 and p["ranks"]["exact"] == p["ranks"]["reduced"])
        assert p["milliseconds"] > 0
    assert {p["ranks"]["exact"] for p in reduced} == {reduced[0]["ranks"]["exact"]}


def test_what_cannot_be_measured_is_one_line(run, tmp_path):
    assert run("bench", "--frames", "3,many").code == 2
    ran = run("bench", "--model", tmp_path / "none.safetensors")
    assert (ran.code, ran.err.count("\n")) == (1, 1)
    (tmp_path / "file").write_text("")
    ran = run("bench", "--model", tmp_path / "none.safetensors", "--out", tmp_path / "file")
    assert (ran.code, ran.err.count("\n")) == (1, 1)
    assert "cannot write" in ran.err


def test_rank_1_over_milliseconds(world, run, tmp_path):
    models = [word for name in ("gaitgl", "gaitmask") for word in ("--model", world.model(name))]
    out = tmp_path / "ranks"
    said = run("bench", "--store", world.store, *models, "--out", out, "--json").json()
    assert [(p["network"], p["backend"]) for p in said["points"]] == [
        (network, backend) for network in ("gaitgl", "gaitmask") for backend in available()
    ]
    for name in ("gaitgl", "gaitmask"):
        expected = evaluate(world.vectors(name))
        for p in (p for p in said["points"] if p["network"] == name):
            assert p["rank1"] == pytest.approx(expected.mean, abs=2.0)
            assert p["milliseconds"] > 0
        exact = next(p for p in said["points"] if (p["network"], p["backend"]) == (name, "torch"))
        assert exact["rank1"] == expected.mean
        assert [exact["interval"][end] for end in ("low", "high")] == [expected.interval.low, expected.interval.high]
    sample = said["sample"]
    assert (sample["drawn"], sample["sequences"], sample["of_sequences"], sample["subjects"]) == (True, 64, 64, 8)
    assert any("Synthetic walkers are not people" in warning for warning in said["warnings"])
    assert json.loads((out / "bench.json").read_text()) == said
    assert (out / "bench.png").read_bytes().startswith(b"\x89PNG")


def test_a_sample_says_that_it_is_one(world, run):
    ran = run("bench", "--store", world.store, "--model", world.model("gaitgl"), "--sequences", "30")
    head, measured, *rows = ran.out.splitlines()
    assert head == "Synthetic walkers, not people: 3 of 8 subjects, 24 of 64 sequences"
    assert "one core" in measured
    assert len(rows) == 1 + len(available()) + len([row for row in rows if row.startswith("note: ")])


def test_options_that_decide_nothing_are_refused(world, run):
    assert "--frames decides nothing here" in run("bench", "--store", world.store, "--frames", "3").err
    assert "--protocol decides nothing here" in run("bench", "--protocol", "casia-b").err
    ran = run("bench", "--store", world.store)
    assert (ran.code, ran.err.count("\n")) == (1, 1)
    assert "at least one model file" in ran.err
