"""Which back end computes, and that it computes the same."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from gaitprint.components import find_component
from gaitprint.errors import ConfigError
from gaitprint.inference import backend_choice
from gaitprint.inference.backend_choice import TORCH, WORTH_MEASURING, Choice, available, choose_backend
from gaitprint.inference.embed_settings import EmbedSettings
from gaitprint.inference.engine import Embedder
from gaitprint.inference.running import choice_for, open_runner
from gaitprint.silhouettes.clips import Preprocessing
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
    assert choose_backend(choice, WORTH_MEASURING - 1) == TORCH
    assert machine.opened == []
    assert choose_backend(choice, WORTH_MEASURING) == "winograd"
    assert machine.opened == available()
    assert choose_backend(choice, 1) == "winograd"
    assert machine.opened == available(), "measured once"
    assert choose_backend(machine.choice(network(), (16, 12)), 1) == TORCH, "other frames are another measurement"


def test_a_network_without_a_form_runs_as_it_is(machine: Machine) -> None:
    class Plain(torch.nn.Module):
        settings = EmbedSettings()

    assert choose_backend(machine.choice(Plain(), (16, 10)), 10**9) == TORCH
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
