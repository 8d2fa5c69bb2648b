"""The card of a model file, for people and machines."""

import io
import json
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import fields, replace

import pytest

from gaitprint.cli.main import main
from gaitprint.errors import ArtefactError, ConfigError
from gaitprint.models.card import ModelDescription
from gaitprint.models.model_file import load_model, save_model
from gaitprint.models.seen_subjects import Seen, SeenSubjects
from gaitprint.provenance.seen_people import people_in
from gaitprint.stages.networks import list_weights
from gaitprint.stages.show import show_model


def run(*words):
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = main([str(w) for w in words])
    return code, out.getvalue(), err.getvalue()


def described(path, **changes):
    """The weights at a path, saved again under another description."""
    loaded = load_model(path)
    own = ModelDescription(**{f.name: getattr(loaded.card, f.name) for f in fields(ModelDescription)})
    save_model(path, loaded.model, replace(own, **changes))


def test_the_card_and_what_the_file_is(shipped_weights):
    shown = show_model(shipped_weights)
    loaded = load_model(shipped_weights)
    assert shown.card == loaded.card
    assert shown.file == shipped_weights
    assert shown.bytes == shipped_weights.stat().st_size
    assert shown.numbers == sum(t.numel() for t in loaded.model.state_dict().values())
    assert shown.people == ["nobody: 3 walkers drawn in code (synthetic)"]
    assert show_model().to_dict() == show_model("default").to_dict() == shown.to_dict()
    assert json.loads(json.dumps(shown.to_dict()))["sha256"] == loaded.card.sha256


def test_figures_limits_and_facts_are_printed(shipped_weights):
    figure = {"on": "CASIA-B 075-124, zero-shot", "probes": "NM", "rank1": 61.25, "low": 55.5, "high": 66.0}
    bare = {"on": "another", "probes": "BG", "rank1": 40}
    made = {"data": "drawn", "drawn as": {"subjects": 6, "views": ["036", "090"]}, "minutes": 35}
    described(
        shipped_weights,
        title="tiny weights",
        licence="Apache-2.0",
        limits=["Coats.", "Crowds."],
        metrics={"figures": [figure, bare]},
        training={**load_model(shipped_weights).card.training, "made": made},
    )
    code, out, err = run("model", "show")
    assert (code, err) == (0, "")
    lines = [" ".join(line.split()) for line in out.splitlines()]
    for line in (
        "tiny weights",
        "people in the data nobody: 3 walkers drawn in code (synthetic)",
        "licence Apache-2.0",
        "drawn as subjects 6, views 036 090",
        "minutes 35",
        "CASIA-B 075-124, zero-shot NM 61.2 55.5 - 66.0",
        "another BG 40.0",
        "limit: Coats.",
        "limit: Crowds.",
    ):
        assert line in lines
    code, out, _ = run("model", "show", shipped_weights, "--json")
    assert code == 0
    value = json.loads(out)
    assert (value["limits"], value["metrics"]["figures"]) == (["Coats.", "Crowds."], [figure, bare])


def test_a_card_without_them_is_printed_too(tiny_weights):
    code, out, _ = run("model", "show", tiny_weights)
    assert code == 0
    assert "rank-1" not in out
    assert "limit:" not in out


@pytest.mark.parametrize("figures", [[{"on": "x"}], ["61 %"], 61, [{"on": "x", "probes": "NM", "rank1": "61"}]])
def test_figures_that_are_none_are_refused(shipped_weights, figures):
    described(shipped_weights, metrics={"figures": figures})
    with pytest.raises(ConfigError, match="figures"):
        show_model(shipped_weights)


def test_missing_and_damaged_files_are_one_line(shipped_weights):
    shipped_weights.write_bytes(shipped_weights.read_bytes()[:-1])
    code, out, err = run("model", "show")
    assert (code, out) == (1, "")
    assert err.startswith(f"gaitprint: {shipped_weights} is no sound safetensors file")
    with pytest.raises(ArtefactError, match="no model file at nowhere"):
        show_model("nowhere")


def test_people_are_people_and_walkers_are_nobody():
    seen = SeenSubjects(
        (
            Seen("trained", "synthetic", "", "", ("001", "002")),
            Seen("chose", "casia-b", "", "", ("001",)),
            Seen("trained", "", "", "", ("a", "b")),
        ),
        ("it went on from others",),
    )
    assert people_in(seen) == [
        "nobody: 2 walkers drawn in code (synthetic)",
        "1 people of casia-b, who chose among the weights",
        "2 people of a data set that is not named",
        "it is not known whether others are: it went on from others",
    ]
    assert people_in(SeenSubjects()) == []


def test_shipped_weights_are_listed(shipped_weights):
    described(shipped_weights, title="tiny weights", licence="Apache-2.0")
    card = load_model(shipped_weights).card
    facts = {"title": "tiny weights", "network": "gaitgl", "licence": "Apache-2.0", "sha256": card.sha256}
    assert list_weights() == [{"name": "default", **facts, "bytes": shipped_weights.stat().st_size}]
    code, out, _ = run("model", "list")
    assert code == 0
    assert out.splitlines()[-1].split() == ["default", "tiny", "weights", "Apache-2.0", "0.0"]
    assert json.loads(run("model", "list", "--json")[1])["weights"] == list_weights()
