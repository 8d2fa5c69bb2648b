"""Networks measured on this machine, on a clock that nobody else moves."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from gaitprint.deploy.operations import direct_operations
from gaitprint.errors import ConfigError
from gaitprint.inference.backend_choice import TORCH, available, rank_backends, remember_speeds
from gaitprint.inference.bulk.tasks import torch_threads
from gaitprint.inference.machine import MATRIX_OPERATIONS
from gaitprint.inference.running import choice_for, form_of
from gaitprint.inference.timing import take_turns
from gaitprint.models.making import make_network
from gaitprint.speed import speed_report as speed
from gaitprint.speed.speed_report import Measured, SpeedSettings, measure_speeds

FRAME = (16, 10)
SECONDS = {TORCH: 0.5, "winograd": 0.25, "onnxruntime": 0.125, "openvino": 0.75}
"""A frame."""


def network() -> Any:
    small = {"channels": [2, 3, 4], "height": 16}
    return make_network("gaitmask", small, None, torch.Generator().manual_seed(1)).eval()


@pytest.fixture
def clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every back end takes its `SECONDS` a frame, a product of matrices one."""
    monkeypatch.setenv("GAITPRINT_CACHE", str(tmp_path))
    now = [0.0]

    def opened(name: str) -> Any:
        def run(clip: np.ndarray) -> np.ndarray:
            now[0] += SECONDS[name] * clip.shape[1]
            return clip

        return run

    def product() -> None:
        now[0] += 1.0

    monkeypatch.setattr(speed, "choice_for", lambda *given: replace(choice_for(*given), open=opened))
    monkeypatch.setattr(speed, "matrix_product", lambda: product)
    monkeypatch.setattr(speed, "take_turns", lambda *given, **named: take_turns(*given, lambda: now[0], **named))


def test_figures_are_those_of_the_clock(clock: None) -> None:
    made, said = network(), []
    settings = SpeedSettings((8, 4), rounds=2)
    report = measure_speeds([Measured("mask", made, FRAME)], settings, lambda *given: said.append(given))
    assert [(s.backend, s.frames) for s in report.speeds] == [(b, n) for b in available() for n in (4, 8)]
    assert report.matrix_rate == MATRIX_OPERATIONS
    form = form_of(made)
    assert form is not None
    for s in report.speeds:
        seconds = SECONDS[s.backend] * s.frames
        assert s.median == s.percentile_95 == pytest.approx(seconds)
        assert s.share == pytest.approx(direct_operations(form, s.frames, FRAME) / seconds / MATRIX_OPERATIONS)
        assert s.memory is None or s.memory >= 0
    fastest = min(available(), key=SECONDS.__getitem__)
    assert {s.backend for s in report.speeds if s.fastest} == {fastest}
    assert said[-1] == (100, 100, "mask")
    assert [done for done, *_ in said] == sorted(done for done, *_ in said)
    values = json.loads(json.dumps(report.to_dict()))
    assert (values["rounds"], values["threads"], values["processor"]) == (2, 1, report.processor)
    first = values["speeds"][0]
    assert first["frames_a_second"] == pytest.approx(1 / SECONDS[TORCH])
    assert first["sequences_a_second"] == pytest.approx(1 / SECONDS[TORCH] / 4)


def test_auto_takes_what_was_measured_last(clock: None) -> None:
    made = network()
    with torch_threads(1):
        choice = choice_for(made, FRAME, "cpu")
        assert rank_backends(choice, 1)[0] == TORCH, "nothing is known yet"
        measure_speeds([Measured("mask", made, FRAME)], SpeedSettings((4,), 1), lambda *given: None)
        assert rank_backends(choice, 1)[0] == min(available(), key=SECONDS.__getitem__)
        remember_speeds(choice, {**dict.fromkeys(available(), 2.0), TORCH: 1.0})
        assert rank_backends(choice, 10**9)[0] == TORCH
        remember_speeds(choice, {"winograd": 0.1})
        assert rank_backends(choice, 1)[0] == TORCH, "some of the back ends decide nothing"


def test_a_network_without_a_form_is_measured_as_it_is(clock: None) -> None:
    class Plain(torch.nn.Module):
        settings = SpeedSettings()

    report = measure_speeds([Measured("plain", Plain(), FRAME)], SpeedSettings((4,), 1), lambda *given: None)
    (only,) = report.speeds
    assert (only.backend, only.share, only.fastest) == (TORCH, None, True)


@pytest.mark.parametrize("wrong", [{"frames": ()}, {"frames": (0,)}, {"frames": (3, 3)}, {"rounds": 0}, {"threads": 0}])
def test_settings_that_measure_nothing_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        SpeedSettings(**wrong)
