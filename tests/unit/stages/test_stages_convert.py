"""Weights of others become model files that embed."""

import numpy as np
import pytest
import torch

from gaitprint.api.models import embed
from gaitprint.cli.main import main
from gaitprint.errors import ConfigError, DataError
from gaitprint.interop.weights import import_weights
from gaitprint.models.model_file import load_model
from gaitprint.models.seen_subjects import Seen, SeenSubjects
from gaitprint.silhouettes.clips import Preprocessing
from gaitprint.stages.convert import convert
from gaitprint.types import SequenceRecord, Silhouettes


@pytest.fixture
def toolkit(tmp_path):
    """A checkpoint of GaitGL's CASIA-B form as the reference toolkit names its tensors: 64 parts, 5 subjects."""
    generator = torch.Generator().manual_seed(0)
    shapes = {"conv3d.0.conv3d.weight": (2, 1, 3, 3, 3), "LTA.0.conv3d.weight": (2, 2, 3, 1, 1)}
    for layer, widths in {"GLConvA0": (3, 2), "GLConvA1": (4, 3), "GLConvB2": (4, 4)}.items():
        for branch in ("global", "local"):
            shapes[f"{layer}.{branch}_conv3d.conv3d.weight"] = (*widths, 3, 3, 3)
    shapes |= {"HPP.p": (1,), "Head0.fc_bin": (64, 4, 4), "Head1.fc_bin": (64, 4, 5)}
    shapes |= {f"Bn.{k}": (4,) for k in ("weight", "bias", "running_mean", "running_var")}
    state = {k: torch.rand(shape, generator=generator) + 0.5 for k, shape in shapes.items()}
    path = tmp_path / "GaitGL-80000.pt"
    torch.save({"model": state | {"Bn.num_batches_tracked": torch.tensor(7)}, "iteration": 80_000}, path)
    return path


@pytest.mark.parametrize("keep", [False, True])
def test_a_model_file_that_says_where_it_is_from(toolkit, tmp_path, keep):
    out = tmp_path / "model.safetensors"
    card = convert(toolkit, out, keep_classifier=keep, licence="none given")
    loaded = load_model(out)
    assert loaded.card == card
    assert card.network == "gaitgl"
    assert card.title == "gaitgl, imported from GaitGL-80000.pt"
    assert card.licence == "none given"
    assert card.classes == (5 if keep else None)
    assert card.preprocessing == Preprocessing(size=64, cut=10, reduce=1)
    assert card.training["imported"] == "GaitGL-80000.pt"
    assert "a checkpoint of iteration 80000" in card.training["notes"]
    imported = import_weights(toolkit, keep_classifier=keep)
    state = loaded.model.state_dict()
    assert state.keys() == imported.state.keys()
    assert all(torch.equal(state[k], v) for k, v in imported.state.items())


def test_it_embeds(toolkit, tmp_path):
    convert(toolkit, tmp_path / "model.safetensors")
    frames = np.random.default_rng(0).integers(0, 2, (3, 64, 64), dtype=np.uint8) * np.uint8(255)
    made = embed(Silhouettes(frames, SequenceRecord("x", None, "", "")), tmp_path / "model.safetensors")
    assert made.vectors.shape == (1, 64 * 4)


def test_whom_weights_were_trained_on_is_unknown_or_told(toolkit, tmp_path):
    card = convert(toolkit, tmp_path / "a.safetensors")
    assert card.seen == SeenSubjects(unknown=("imported from GaitGL-80000.pt",))
    subjects = tuple(f"{i:03d}" for i in range(1, 75))
    card = convert(toolkit, tmp_path / "b.safetensors", dataset="casia-b", subjects=subjects)
    assert card.seen == SeenSubjects((Seen("trained", "casia-b", "", "", subjects),))
    for half in ({"dataset": "casia-b"}, {"subjects": ["001"]}):
        with pytest.raises(ConfigError, match="a data set and its subjects, such as casia-b and 001-074"):
            convert(toolkit, tmp_path / "c.safetensors", **half)
    assert not (tmp_path / "c.safetensors").exists()


def test_refusals_write_nothing(toolkit, tmp_path):
    (tmp_path / "mine").write_text("dear to me")
    with pytest.raises(ConfigError, match="mine exists already: choose another name or remove it"):
        convert(toolkit, tmp_path / "mine")
    assert (tmp_path / "mine").read_text() == "dear to me"
    torch.save({"fc.weight": torch.ones(2)}, tmp_path / "other.pt")
    with pytest.raises(DataError, match=r"is no GaitGL.* known here"):
        convert(tmp_path / "other.pt", tmp_path / "out")
    with pytest.raises(DataError, match="no weights file at"):
        convert(tmp_path / "none.pt", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_command_takes_whom_weights_were_trained_on(toolkit, tmp_path, capsys):
    out = tmp_path / "model.safetensors"
    assert main(["model", "convert", str(toolkit), str(tmp_path / "unknown.safetensors")]) == 0
    assert main(["model", "convert", str(toolkit), str(out), "--dataset", "casia-b", "--subjects", "001-003"]) == 0
    assert load_model(out).card.seen.people[0].subjects == ("001", "002", "003")
    assert load_model(tmp_path / "unknown.safetensors").card.seen.people == ()
    assert capsys.readouterr().err == ""
