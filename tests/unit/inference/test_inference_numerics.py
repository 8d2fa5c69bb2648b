"""Reduced precision is near, names itself, and is refused where there is none."""

import numpy as np
import pytest
import torch
from test_inference_engine import PLAIN, embedder, sequences

from gaitprint.devices import EMBEDDING, check_device
from gaitprint.errors import ConfigError
from gaitprint.inference.embed_settings import EmbedSettings
from gaitprint.inference.engine import Embedder
from gaitprint.inference.numerics import computing_in
from gaitprint.store import MemorySequences


@pytest.mark.parametrize("name", ["gaitgl", "gaitmask"])
def test_bfloat16_is_near_and_has_another_source(name):
    data, exact = sequences(), embedder(name)
    reduced = Embedder(exact.network, PLAIN, "weights", {"network": name}, precision="bfloat16")
    wanted, found = exact.embed(data), reduced.embed(data)
    assert found.vectors.dtype == np.float32
    error = np.linalg.norm(found.vectors - wanted.vectors, axis=1) / np.linalg.norm(wanted.vectors, axis=1)
    assert 1e-5 < error.max() < 0.05
    assert found.source != wanted.source
    assert found.settings["networks"] == [{"network": name, "precision": {"computed": "bfloat16"}}]
    again = Embedder(exact.network, PLAIN, "weights", {"network": name})
    assert again.source == exact.source, "in float32 it is as it always was"


def test_a_stream_of_one_is_in_it_or_refused():
    exact, data = embedder(), sequences((9,))
    with pytest.raises(ConfigError, match="the back end winograd computes in float32, not bfloat16: use torch"):
        Embedder(exact.network, PLAIN, "w", {}, precision="bfloat16").stream(data.records[0])
    with pytest.raises(ConfigError, match="winograd computes in float32"):
        Embedder(exact.network, PLAIN, "w", {}, backend="winograd", precision="bfloat16")
    one = MemorySequences(data.records[:1], (data.frames(0),))
    assert len(embedder().embed(one)) == 1


def test_what_something_else_computes_is_of_another_source():
    exact, data = embedder(), sequences()
    (shape,) = exact.layout.blocks
    reduced = exact.computed_by(lambda clips: np.full((len(clips), *shape), 3, np.float32), "int8")
    found = reduced.embed(data)
    assert (found.vectors == 3).all()
    assert found.source != exact.embed(data).source
    assert found.settings["networks"] == [{**exact.facts, "precision": {"computed": "int8"}}]
    with pytest.raises(ConfigError, match="found 'int8'"):
        reduced.stream(data.records[0])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"precision": "int4"}, "the precision is float32, bfloat16 or float16, found 'int4'"),
        ({"precision": "float16"}, "a processor computes in float32 or bfloat16, found float16"),
        ({"precision": "bfloat16", "backend": "winograd"}, "winograd computes in float32, not bfloat16: use torch"),
        ({"device": "mps", "ray": "local"}, "Ray's workers compute on processors or CUDA cards"),
    ],
)
def test_what_cannot_be_is_refused(given, message):
    with pytest.raises(ConfigError, match=message) as error:
        EmbedSettings(**given)
    assert "\n" not in str(error.value)


def test_settings_for_cards_are_made_without_one():
    for precision in ("bfloat16", "float16"):
        assert EmbedSettings(precision=precision, device="cuda").precision == precision


def test_a_card_that_is_not_there_is_one_line(monkeypatch):
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    with pytest.raises(ConfigError, match="device 'mps' was asked for and torch sees no Metal GPU: use --device cpu"):
        check_device("mps", EMBEDDING)
    with pytest.raises(ConfigError, match="device 'mps' is not supported: use cpu or cuda"):
        check_device("mps")
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    check_device("mps", EMBEDDING)


def test_float32_is_float32_on_cards():
    """By itself cudnn rounds what goes into a convolution; its setting is as before afterwards."""
    before = torch.backends.cudnn.allow_tf32
    with computing_in("float32", "cuda"):
        assert not torch.backends.cudnn.allow_tf32
        assert torch.backends.cudnn.enabled
    assert torch.backends.cudnn.allow_tf32 == before
