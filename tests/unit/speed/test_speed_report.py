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
from gaitprint.exported.trial import Trial
from gaitprint.inference.backend_choice import TORCH, available, rank_backends, remember_speeds
from gaitprint.inference.bulk.tasks import torch_threads
from gaitprint.inference.machine import MATRIX_OPERATIONS
from gaitprint.inference.running import choice_for, form_of
from gaitprint.inference.timing import take_turns
from gaitprint.models.making import make_network
from gaitprint.speed import speed_report as speed
from gaitprint.speed.eight_bits import FULL, REDUCED
from gaitprint.speed.speed_report import Measured, SpeedSettings, measure_speeds
from gaitprint.types import SequenceRecord

FRAME = (16, 10)
SECONDS = {TORCH: 0.5, "winograd": 0.25, "onnxruntime": 0.125, "openvino": 0.75}
"""A frame."""
EIGHT_BITS = 0.0625
"""Likewise, by either engine."""


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

    def reduced(engine: str) -> Any:
        def run(clip: np.ndarray) -> np.ndarray:
            now[0] += EIGHT_BITS * clip.shape[1]
            return clip if engine == "openvino" else clip[:, ::-1]

        return run

    def product() -> None:
        now[0] += 1.0

    monkeypatch.setattr(speed, "choice_for", lambda *given: replace(choice_for(*given), open=opened))
    monkeypatch.setattr(speed, "matrix_product", lambda: product)
    monkeypatch.setattr(speed, "eight_bit_opener", lambda form, calibration: reduced)
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


def walks(*values: tuple[int, int]) -> Trial:
    """Clips of two values a walk; of the first letter of two subjects each."""
    records = tuple(SequenceRecord(f"{i}", "aabb"[i], f"{i}", "090") for i in range(len(values)))
    return Trial((), records, tuple(np.array(v, np.float32).reshape(1, 2, 1, 1) for v in values), "made-up walks")


def test_8_bits_have_rows_of_their_own_and_decide_nothing(clock: None) -> None:
    made, said = network(), []
    # the vectors of onnxruntime, backwards, are as near to each other; nothing is lost
    trial = walks((0, 0), (1, 0), (5, 5), (6, 5))
    networks = [Measured("mask", made, FRAME, lambda: trial)]
    report = measure_speeds(networks, SpeedSettings((4,), 2, int8=True), lambda *given: said.append(given))
    full, reduced = ([s for s in report.speeds if s.precision == p] for p in (FULL, REDUCED))
    assert [s.backend for s in full] == available()
    assert [(s.backend, s.median) for s in reduced] == [(e, 4 * EIGHT_BITS) for e in ("onnxruntime", "openvino")]
    assert [s.way for s in reduced] == ["onnxruntime int8", "openvino int8"]
    assert {s.gate for s in reduced} == {"passed: 100.0 % agree, 100.0 -> 100.0"}
    fastest = min(available(), key=SECONDS.__getitem__)
    assert [s.way for s in report.speeds if s.fastest] == [fastest]
    with torch_threads(1):
        assert rank_backends(choice_for(made, FRAME, "cpu"), 1)[0] == fastest, "auto computes in full precision"
    assert said[-1] == (100, 100, "mask")
    assert [done for done, *_ in said] == sorted(done for done, *_ in said)
    values = json.loads(json.dumps(report.to_dict()))["speeds"][-1]
    assert (values["precision"], values["ranks"]["agreement"], values["ranks"]["passes"]) == ("int8", 100.0, True)


def test_8_bits_that_lose_ranks_say_so(clock: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def half(engine: str) -> Any:
        kept = np.array([1, 0 if engine == "openvino" else 1], np.float32).reshape(1, 2, 1, 1)
        return lambda clip: clip * kept if clip.shape[1] == 2 else clip

    monkeypatch.setattr(speed, "eight_bit_opener", lambda form, calibration: half)
    trial = walks((0, 9), (5, 9), (0, 0), (5, 0))
    networks = [Measured("mask", network(), FRAME, lambda: trial)]
    report = measure_speeds(networks, SpeedSettings((4,), 1, int8=True), lambda *given: None)
    one, two = (s for s in report.speeds if s.precision == REDUCED)
    assert one.way == "onnxruntime int8"
    assert two.way == "openvino int8 (refused)"
    assert two.gate == "refused: 0.0 % agree, 100.0 -> 0.0"


@pytest.mark.parametrize("int8", [False, True])
def test_8_bits_of_fresh_weights_are_not_ranked(clock: None, int8: bool) -> None:
    networks = [Measured("mask", network(), FRAME, lambda: Trial((), (), (), "nobody"))]
    report = measure_speeds(networks, SpeedSettings((4,), 1, int8=int8), lambda *given: None)
    reduced = [s for s in report.speeds if s.precision == REDUCED]
    assert len(reduced) == 2 * int8
    assert {s.gate for s in reduced} <= {"not tried: untrained"}
    assert {s.gate for s in report.speeds if s.precision == FULL} == {""}


def test_a_network_without_a_form_is_measured_as_it_is(clock: None) -> None:
    class Plain(torch.nn.Module):
        settings = SpeedSettings()

    networks = [Measured("plain", Plain(), FRAME, lambda: walks((0, 0)))]
    report = measure_speeds(networks, SpeedSettings((4,), 1, int8=True), lambda *given: None)
    (only,) = report.speeds
    assert (only.backend, only.share, only.fastest) == (TORCH, None, True)


@pytest.mark.parametrize("wrong", [{"frames": ()}, {"frames": (0,)}, {"frames": (3, 3)}, {"rounds": 0}, {"threads": 0}])
def test_settings_that_measure_nothing_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        SpeedSettings(**wrong)
