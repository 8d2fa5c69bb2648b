"""Components that are broken on purpose, each put where a checker finds it by a dotted name."""

import sys
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from types import ModuleType

import pytest

from gaitprint.components import Component, Example


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """`installed(Settings, build, ...examples, tuning=None)` is the dotted name of a module with that component."""

    def install(settings: type, build: type, *examples: Example, tuning: object = None) -> str:
        name = "somebody.broken"
        module = ModuleType(name)
        module.__spec__ = ModuleSpec(name, None)
        module.component = Component(settings, build, examples or (Example(),), tuning)
        monkeypatch.setattr(build, "__module__", name)
        monkeypatch.setitem(sys.modules, name, module)
        return name

    return install
