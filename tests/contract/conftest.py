"""Components that are broken on purpose, put where a checker finds them."""

import sys
from collections.abc import Callable
from dataclasses import make_dataclass
from types import ModuleType

import pytest

from gaitprint.components import Component


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> Callable[[type], str]:
    """Puts a class where a component is found by its dotted name."""

    def put(built: type) -> str:
        module = ModuleType("broken_lab.thing")
        module.component = Component(make_dataclass("Settings", [], frozen=True), built)  # type: ignore[attr-defined]
        package = ModuleType("broken_lab")
        package.__path__ = []  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "broken_lab", package)
        monkeypatch.setitem(sys.modules, "broken_lab.thing", module)
        return "broken_lab.thing"

    return put
