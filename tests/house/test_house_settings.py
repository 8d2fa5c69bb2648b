"""Settings, presets and the project's own files say what the rules ask."""

import dataclasses
import inspect
import re
import tomllib

import pytest
from house_files import ROOT
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from gaitprint.components import KINDS, component_names, find_component
from gaitprint.datasets.synthetic import SyntheticSettings
from gaitprint.evaluation.protocol.protocol import (
    Draws,
    ProbeSelection,
    Protocol,
    Selection,
    load_protocol,
    protocol_names,
)
from gaitprint.models.card_figures import CardFigure
from gaitprint.silhouettes.clips import Preprocessing
from gaitprint.stages.networks import setting_docs
from gaitprint.training.recipe import (
    AugmentationChoice,
    DataChoice,
    LossChoice,
    NetworkChoice,
    Recipe,
    Reset,
    TrainingSettings,
    load_recipe,
    recipe_names,
)

COMPONENTS = [(kind, name) for kind in KINDS for name in component_names(kind)]
SETTINGS = [find_component(kind, name).settings for kind, name in COMPONENTS] + [
    AugmentationChoice,
    CardFigure,
    DataChoice,
    Draws,
    LossChoice,
    NetworkChoice,
    Preprocessing,
    ProbeSelection,
    Protocol,
    Recipe,
    Reset,
    Selection,
    SyntheticSettings,
    TrainingSettings,
]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
REQUIRED = [Requirement(r) for r in [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["dev"]]]
PINS = dict(
    line.split("==")
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
)


@pytest.mark.parametrize("settings", SETTINGS, ids=lambda s: s.__name__)
def test_every_setting_says_what_it_means(settings: type) -> None:
    assert dataclasses.is_dataclass(settings)
    assert settings.__dataclass_params__.frozen  # type: ignore[attr-defined]
    own = set(inspect.get_annotations(settings))
    docs = setting_docs(settings)
    undocumented = sorted(own - {name for name, text in docs.items() if text})
    assert undocumented == [], f"{settings.__name__} says nothing below {undocumented}"


@pytest.mark.parametrize(("kind", "name"), COMPONENTS)
def test_a_component_needs_no_settings(kind: str, name: str) -> None:
    """Every setting has the published value as its default."""
    settings = find_component(kind, name).settings
    assert settings() == settings()


@pytest.mark.parametrize("name", recipe_names())
def test_shipped_recipes_load(name: str) -> None:
    assert load_recipe(name).title


@pytest.mark.parametrize("name", protocol_names())
def test_shipped_protocols_load(name: str) -> None:
    protocol = load_protocol(name)
    assert protocol.name == name
    assert protocol.title
    assert protocol.source


def test_every_dependency_is_pinned_and_every_pin_allowed() -> None:
    pins = {canonicalize_name(name): version for name, version in PINS.items()}
    for requirement in REQUIRED:
        pin = pins.get(canonicalize_name(requirement.name))
        assert pin is not None, f"constraints.txt does not pin {requirement.name}"
        assert requirement.specifier.contains(pin), f"{requirement} does not allow {pin}"
    assert set(pins) == {canonicalize_name(r.name) for r in REQUIRED}


def test_the_makefile_has_its_targets_and_check_runs_every_gate() -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = {m[1]: m[2] for m in re.finditer(r"^([a-z-]+):[^\n]*\n((?:\t[^\n]*\n)+)", text, re.MULTILINE)}
    phony = re.search(r"^\.PHONY: (.*)$", text, re.MULTILINE)
    assert phony is not None
    assert set(phony[1].split()) == set(targets) >= {"demo", "test", "check", "clean"}
    for gate in ("ruff check", "ruff format --check", "mypy", "lint-imports", "pytest", "--doctest-modules", "--cov"):
        assert gate in targets["check"], f"`make check` does not run {gate}"


def test_ci_runs_the_command_of_every_gate() -> None:
    lines = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("#!")
    assert [line for line in lines if line.startswith("make")] == ["make check"]


def test_it_is_licensed() -> None:
    assert PROJECT["license"] == "Apache-2.0"
    assert "Apache License" in (ROOT / "LICENSE").read_text(encoding="utf-8")
