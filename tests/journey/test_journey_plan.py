"""`gaitprint model plan` as people type it."""

from dataclasses import fields

from gaitprint.training.planner import Plan

SMALL = ["--set", "network.settings.channels=[2,3,4]", "--set", "training.frames=4"]


def test_a_plan_in_words_and_as_json(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ran = run("model", "plan", "gaitgl-small", *SMALL)
    assert (ran.code, ran.err) == (0, "")
    first, *rest = ran.out.splitlines()
    assert first.startswith("about 0.")
    assert " steps of 8 x " in first
    assert [line.split(":")[0].strip() for line in rest] == [
        "weights, gradients, optimizer",
        "kept for the gradient",
        "clips",
        "distances and triplets",
    ]
    said = run("model", "plan", "gaitgl-small", *SMALL, "--json").json()
    assert set(said) == {*(f.name for f in fields(Plan)), "memory", "seconds"}
    parts = ("weights", "activations", "batch", "losses")
    assert said["memory"] == sum(said[key] for key in parts)
    assert said["seconds"] == said["seconds_per_step"] * said["iterations"]
    half = run("model", "plan", "gaitgl-small", *SMALL, "--processes", "2", "--json").json()
    assert half["batch"] * 2 == said["batch"]
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_planned_is_one_line(run):
    ran = run("model", "plan", "gaitgl-small", "--processes", "3")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.count("\n") == 1
    assert "3 processes share a batch by whole subjects, training.subjects is 8" in ran.err
    assert run("model", "plan", "gaitgl-small", "--people", "1").code == 2
    assert "did you mean" in run("model", "plan", "gaitgl-smal").err
