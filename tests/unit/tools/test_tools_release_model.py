"""The script that makes shipped weights of a run."""

import importlib.util
import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from gaitprint.ingest.store_selection import StoreSelection
from gaitprint.models.model_file import load_model, read_model_file
from gaitprint.stages.embed import embed
from gaitprint.stages.evaluate import evaluate
from gaitprint.stages.show import show_model

SCRIPT = Path(__file__).parents[3] / "tools" / "release_model.py"
LIMITS = ["Coats hide most of a body.", "Not tried on children."]


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("release_model", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def run(tiny_weights):
    return tiny_weights.parent


def measured(store, model, folder):
    """What `eval identify --json` prints of the walkers who did not train."""
    report = evaluate(embed(store, [model], part="test"))
    path = folder / "figures.json"
    path.write_text(json.dumps(report.to_dict()))
    return path, report


@pytest.mark.usefixtures("one_thread")
def test_from_a_run_to_a_card_with_figures(script, run, walkers_store, tmp_path):
    out = tmp_path / "default.safetensors"
    first = script.release(run, out, "tiny", LIMITS)
    before, _ = read_model_file(run / "model.safetensors")
    # no classifier, and the vectors are what they were
    assert (before.classes, first.classes) == (3, None)
    assert not any("classifier" in key for key in read_model_file(out)[1])
    everybody = StoreSelection()
    old, new = (embed(walkers_store, [m], part="all", selection=everybody) for m in (run / "model.safetensors", out))
    np.testing.assert_array_equal(new.vectors, old.vectors)
    path, report = measured(walkers_store, out, tmp_path)
    card = script.release(run, out, "tiny", LIMITS, [("walkers 4 to 6", path)])
    assert card.sha256 == first.sha256
    shown = show_model(out)
    assert (card.title, card.licence, card.limits) == ("tiny", "Apache-2.0", LIMITS)
    assert shown.people == ["nobody: 3 walkers drawn in code (synthetic)"]
    expected = [(r.name, r.mean, r.interval.low, r.interval.high) for r in report.evaluation.results]
    assert [(f.probes, f.rank1, f.low, f.high) for f in shown.figures] == expected
    assert {f.on for f in shown.figures} == {"walkers 4 to 6"}
    made = card.training["made"]
    assert made["data"] == "30 sequences of 3 walkers drawn in code"
    assert (made["drawn as"]["subjects"], made["drawn as"]["frames"], made["drawn as"]["seed"]) == (6, 12, 0)
    assert made["batch"] == "2 walkers x 2 sequences x 6 frames"
    assert re.fullmatch(r"\w+, 1 iterations in \d+ minutes", made["recipe"])
    assert "goes on from" not in made
    assert made["gaitprint"].startswith("0.")
    assert "subjects" not in card.training
    data = out.read_bytes()
    script.release(run, out, "tiny", LIMITS, [("walkers 4 to 6", path)])
    assert out.read_bytes() == data


def test_what_came_first_is_said(script, run, tmp_path):
    copy = shutil.copytree(run, tmp_path / "run")
    shutil.copytree(run, copy / "first")
    card = script.release(copy, tmp_path / "out.safetensors", "tiny", LIMITS)
    assert card.training["made"]["goes on from"] == card.training["made"]["recipe"]


def test_what_shipped_weights_went_on_from_is_copied_from_their_card(script, run, tmp_path):
    shipped = tmp_path / "shipped.safetensors"
    card = script.release(run, shipped, "tiny", LIMITS)
    copy = shutil.copytree(run, tmp_path / "run")
    manifest = json.loads((copy / "manifest.json").read_text())
    (copy / "manifest.json").write_text(json.dumps(manifest | {"start": card.sha256}))
    told = script.release(copy, tmp_path / "out.safetensors", "tiny", LIMITS, start=shipped).training["made"]
    assert told["goes on from"].startswith(card.training["made"]["recipe"])
    with pytest.raises(SystemExit, match="started from weights"):
        script.release(run, tmp_path / "other.safetensors", "tiny", LIMITS, start=shipped)


def test_half_precision_is_near_in_half_the_bytes(script, run, walkers_store, tmp_path):
    whole, half = tmp_path / "whole.safetensors", tmp_path / "half.safetensors"
    script.release(run, whole, "tiny", LIMITS)
    script.release(run, half, "tiny", LIMITS, half=True)
    kinds = {t.dtype for t in read_model_file(half)[1].values() if t.is_floating_point()}
    assert kinds == {torch.float16}
    assert {p.dtype for p in load_model(half).model.parameters()} == {torch.float32}
    one, other = (embed(walkers_store, [m], part="test") for m in (whole, half))
    assert one.source != other.source
    # a weight moves by 2^-11 of itself at most; some ten layers follow each other
    assert np.abs(one.vectors - other.vectors).max() <= 0.01 * np.abs(one.vectors).max()


def test_figures_of_other_weights_are_refused(script, run, walkers_store, tmp_path):
    path, _ = measured(walkers_store, run / "model.safetensors", tmp_path)
    with pytest.raises(SystemExit, match="measured with other weights"):
        script.release(run, tmp_path / "out.safetensors", "tiny", LIMITS, [("walkers", path)])


@pytest.mark.parametrize(
    ("seen", "who"),
    [
        ({"people": [], "unknown": ["imported"]}, "not known whether others are: imported"),
        ({"people": [], "unknown": []}, "not known"),
        (
            {
                "people": [{"how": "chose", "dataset": "casia-b", "store": "", "origin": "", "subjects": ["001"]}],
                "unknown": [],
            },
            "1 people of casia-b",
        ),
    ],
)
def test_weights_with_people_in_them_are_refused(script, run, tmp_path, monkeypatch, seen, who):
    def told(path):
        card, tensors = read_model_file(path)
        card.training["seen"] = seen
        return card, tensors

    monkeypatch.setattr(script, "read_model_file", told)
    with pytest.raises(SystemExit, match=who):
        script.release(run, tmp_path / "out.safetensors", "tiny", LIMITS)
    assert not (tmp_path / "out.safetensors").exists()
