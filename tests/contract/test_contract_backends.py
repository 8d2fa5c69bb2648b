"""Every back end here keeps what a back end promises, and the checker sees those that do not."""

import sys
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from gaitprint.components import Component, component_names
from gaitprint.errors import ContractError
from gaitprint.testing import check_backend
from gaitprint.testing.deploy_forms import run_form


@pytest.mark.parametrize("name", component_names("backend"))
def test_a_backend_keeps_what_it_promises(name: str) -> None:
    check_backend(name)


def broken(change: Any) -> Any:
    """The slow back end, whose sessions' answers are changed."""
    from dataclasses import make_dataclass

    settings = make_dataclass("Settings", [], frozen=True)

    class Built:
        def __init__(self, settings: Any) -> None:
            self.settings = settings

        def open(self, form: Any, threads: int) -> Any:
            del threads
            return lambda clips: change(form, clips)

    return Component(settings, Built)


def off(form: Any, clips: np.ndarray) -> np.ndarray:
    made = run_form(form, clips).astype(np.float32)
    made[0, 0, 0] += 1e-3 * np.abs(made).max()
    return made


def double(form: Any, clips: np.ndarray) -> np.ndarray:
    return run_form(form, clips)


def restless(form: Any, clips: np.ndarray) -> np.ndarray:
    clips *= np.float32(1 - 1e-6)
    return run_form(form, clips).astype(np.float32)


def patient(form: Any, clips: np.ndarray) -> np.ndarray:
    return run_form(form, clips[:, :, : form.height] if clips.shape[2] > 15 else clips.repeat(16, 2)).astype(np.float32)


@pytest.mark.parametrize(
    ("change", "said"),
    [(off, "within 1e-4"), (double, "float64"), (restless, "clips stay as they are"), (patient, "ShapeError")],
)
def test_a_broken_one_is_seen(change: Any, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("broken_backend")
    module.component = broken(change)  # type: ignore[attr-defined]
    package = ModuleType("broken_lab")
    package.__path__ = []  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "broken_lab", package)
    monkeypatch.setitem(sys.modules, "broken_lab.backend", module)
    with pytest.raises(ContractError, match=said):
        check_backend("broken_lab.backend")
