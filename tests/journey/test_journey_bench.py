"""`gaitprint bench` as people type it."""

import json

from gaitprint.inference.backend_choice import available

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


def test_what_cannot_be_measured_is_one_line(run, tmp_path):
    assert run("bench", "--frames", "3,many").code == 2
    ran = run("bench", "--model", tmp_path / "none.safetensors")
    assert (ran.code, ran.err.count("\n")) == (1, 1)
    (tmp_path / "file").write_text("")
    ran = run("bench", "--model", tmp_path / "none.safetensors", "--out", tmp_path / "file")
    assert (ran.code, ran.err.count("\n")) == (1, 1)
    assert "cannot write" in ran.err
