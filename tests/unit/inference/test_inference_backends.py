"""Which back end computes, and that it computes the same."""

import warnings
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from gaitprint.cli.main import _warnings_in_a_line
from gaitprint.components import find_component
from gaitprint.errors import BackendWarning, ConfigError
from gaitprint.inference import backend_choice, broken_engines, engine
from gaitprint.inference.backend_choice import TORCH, WORTH_MEASURING, Choice, available, rank_backends
from gaitprint.inference.embed_settings import EmbedSettings
from gaitprint.inference.engine import Embedder
from gaitprint.inference.running import choice_for, open_runner
from gaitprint.models.card import ModelDescription
from gaitprint.models.model_file import save_model
from gaitprint.silhouettes.clips import Preprocessing
from gaitprint.stages import embed as embed_stage
from gaitprint.store import MemorySequences
from gaitprint.types import SequenceRecord

SMALL = {"channels": [2, 3, 4], "height": 16}


def network() -> Any:
    made = find_component("network", "gaitmask").make(SMALL, classes=None, generator=torch.Generator().manual_seed(1))
    return made.eval()


def test_embeddings_of_a_back_end_are_those_of_torch() -> None:
    rng = np.random.default_rng(0)
    arrays = tuple(rng.integers(0, 256, (n, 16, 16), dtype=np.uint8) for n in (1, 5, 3, 12, 5))
    data = MemorySequences(tuple(SequenceRecord(f"{i}", None, "", "") for i in range(5)), arrays)
    plain, fast = (Embedder(network(), Preprocessing(16, 4), "w", {}, backend=b) for b in (TORCH, "winograd"))
    expected, found = plain.embed(data), fast.embed(data)
    assert found.source == expected.source
    np.testing.assert_allclose(found.vectors, expected.vectors, atol=1e-5 * np.abs(expected.vectors).max())


@dataclass
class Machine:
    """One of which nothing is known yet, and on which winograd is the fastest."""

    now: float = 0.0
    opened: list[str] = field(default_factory=list)

    def choice(self, of: Any, frame: tuple[int, int]) -> Choice:
        return replace(choice_for(of, frame, "cpu"), open=self.open)

    def open(self, name: str) -> Any:
        self.opened.append(name)

        def run(clip: np.ndarray) -> np.ndarray:
            self.now += 1.0 if name == "winograd" else 2.0
            return clip

        return run


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    monkeypatch.setenv("GAITPRINT_CACHE", str(tmp_path))
    made = Machine()
    monkeypatch.setattr(backend_choice, "perf_counter", lambda: made.now)
    return made


def test_a_small_job_takes_torch_until_a_large_one_has_measured(machine: Machine) -> None:
    choice = machine.choice(network(), (16, 10))
    assert rank_backends(choice, WORTH_MEASURING - 1)[0] == TORCH
    assert machine.opened == []
    assert rank_backends(choice, WORTH_MEASURING)[0] == "winograd"
    assert machine.opened == available()
    assert rank_backends(choice, 1)[0] == "winograd"
    assert machine.opened == available(), "measured once"
    assert rank_backends(machine.choice(network(), (16, 12)), 1)[0] == TORCH, "other frames are another measurement"


def test_an_engine_that_breaks_is_said_and_the_others_go_on(machine: Machine) -> None:
    """Loaded, opened or run, whatever it raises; nothing is remembered, for it may be mended tomorrow."""

    def broken(name: str) -> Any:
        if name == "openvino":
            raise RuntimeError("no plugin\nfor this processor")
        if name == "onnxruntime":
            return lambda clip: 1 / 0
        return machine.open(name)

    choice = replace(machine.choice(network(), (16, 10)), open=broken)
    with pytest.warns(BackendWarning) as said:
        assert rank_backends(choice, WORTH_MEASURING) == ["winograd", TORCH]
    assert sorted(str(w.message) for w in said) == [
        "the back end onnxruntime does not work here and is left out: ZeroDivisionError: division by zero",
        "the back end openvino does not work here and is left out: RuntimeError: no plugin for this processor",
    ]
    assert rank_backends(choice, 1) == [TORCH]


def test_a_library_that_cannot_be_loaded_is_said_and_one_that_is_not_there_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def found(kind: str, name: str) -> Any:
        if name == "openvino":
            raise ImportError("libtbb.so.12: cannot open shared object file")
        if name == "onnxruntime":
            raise ModuleNotFoundError("No module named 'onnxruntime'", name="onnxruntime")
        return find_component(kind, name)

    monkeypatch.setattr(backend_choice, "find_component", found)
    monkeypatch.setattr(broken_engines, "find_spec", lambda name: None)
    with pytest.warns(
        BackendWarning, match=r"openvino does not work here and is left out: ImportError: libtbb"
    ) as said:
        assert available() == [TORCH, "winograd"]
    assert len(said) == 1


@pytest.fixture
def drawn_model(tmp_path: Path) -> Path:
    save_model(tmp_path / "model.safetensors", network(), ModelDescription(Preprocessing(16, 4), title="drawn"))
    return tmp_path / "model.safetensors"


def test_one_that_has_broken_since_it_was_measured_stops_no_job(
    drawn_model: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(embed_stage, "rank_backends", lambda choice, frames: ["openvino", "winograd", TORCH])

    def opened(of: Any, backend: str, device: str, precision: str) -> Any:
        if backend == "openvino":
            raise OSError("illegal instruction")
        return open_runner(of, backend, device, precision)

    monkeypatch.setattr(engine, "open_runner", opened)
    with pytest.warns(BackendWarning, match="OSError: illegal instruction"):
        made = embed_stage.open_embedder(drawn_model)
    assert made.backend == "winograd"
    with pytest.raises(OSError, match="illegal"):
        embed_stage.open_embedder(drawn_model, backend="openvino")
    with _warnings_in_a_line():
        warnings.simplefilter("default")
        embed_stage.open_embedder(drawn_model)
    assert capsys.readouterr().err == (
        "gaitprint: warning: the back end openvino does not work here and is left out: OSError: illegal instruction\n"
    )


def test_a_network_without_a_form_runs_as_it_is(machine: Machine) -> None:
    class Plain(torch.nn.Module):
        settings = EmbedSettings()

    assert rank_backends(machine.choice(Plain(), (16, 10)), 10**9)[0] == TORCH
    assert machine.opened == []
    with pytest.raises(ConfigError, match="Plain has no deploy form"):
        open_runner(Plain(), "winograd", "cpu")


def test_a_back_end_of_the_processor_is_refused_elsewhere() -> None:
    with pytest.raises(ConfigError, match="runs on the processor"):
        open_runner(network(), "winograd", "cuda")


@pytest.mark.parametrize("name", ["winogrd", "", "Torch"])
def test_an_unknown_back_end_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="no back end is called"):
        EmbedSettings(backend=name)


def test_what_is_measured_first_and_least_counts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GAITPRINT_CACHE", str(tmp_path))
    choice = choice_for(network(), (16, 10), "cpu")
    seconds = backend_choice._measure(choice, available())
    assert set(seconds) == set(available())
    assert min(seconds.values()) > 0
