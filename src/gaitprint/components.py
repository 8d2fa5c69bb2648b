"""Things that can be exchanged by name: a file that ends with one `component = Component(...)` line.

A component's name in configurations is its file's name; a dotted name (`my_package.my_network`) reaches another
package's module. Nothing is imported until it is asked for.
"""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, is_dataclass
from importlib import import_module
from inspect import Parameter, isfunction, signature
from pkgutil import iter_modules
from types import MethodType, ModuleType
from typing import Any

from gaitprint.config import build_settings
from gaitprint.errors import ComponentError, GaitprintError, did_you_mean
from gaitprint.extras import EXTRAS

KINDS = {
    "network": "gaitprint.networks",
    "loss": "gaitprint.losses",
    "dataset": "gaitprint.datasets",
    "augmentation": "gaitprint.silhouettes.augmentations",
    "transform": "gaitprint.retrieval.transforms",
    "scorer": "gaitprint.retrieval.scorers",
    "backend": "gaitprint.backends",
    "tracker": "gaitprint.video.trackers",
    "reader": "gaitprint.video.readers",
    "detector": "gaitprint.video.detectors",
    "segmenter": "gaitprint.video.segmenters",
}
"""The kinds of component and the package that holds ours. Every module in it is one."""

_CONTRACTS = {
    "network": "gaitprint.models.contracts:Network",
    "loss": "gaitprint.losses:Loss",
    "dataset": "gaitprint.layouts.contract:Layout",
    "augmentation": "gaitprint.silhouettes.augmentations:Augmentation",
    "transform": "gaitprint.retrieval.contracts:Transform",
    "scorer": "gaitprint.retrieval.contracts:Scorer",
    "backend": "gaitprint.backends:Backend",
    "tracker": "gaitprint.video.contracts:Tracker",
    "reader": "gaitprint.video.contracts:Reader",
    "detector": "gaitprint.video.contracts:Detector",
    "segmenter": "gaitprint.video.contracts:Segmenter",
}
"""The `Protocol` that what a component of a kind makes fulfils."""

OWN_NAMES = "(one of your own has a dotted name, package.module)"


@dataclass(frozen=True)
class Example:
    """A component small enough to be tried in seconds: what the checkers of `gaitprint.testing` build, and feed it."""

    settings: Mapping[str, Any] = field(default_factory=dict)
    """Plain values, as a recipe would give them; what is left out takes its default."""
    frame: tuple[int, int] = (64, 44)
    """Rows and columns of the clips that a network takes with these settings."""
    blocks: tuple[tuple[int, int], ...] = ((3, 4), (2, 6))
    """Parts and channels of the embeddings, a pair a network, that a transform or scorer takes with these settings."""


@dataclass(frozen=True)
class Component:
    """A settings class and what it builds: `build(settings)` or `build(settings, **context)`."""

    settings: type
    build: Callable[..., Any]
    examples: tuple[Example, ...] = (Example(),)
    """The small ones it is checked by: the usual one, then those whose settings make it another thing."""
    tuning: Any = None
    """Of a transform or a scorer: what tuning tries of it, see `gaitprint.retrieval.tunable`; None: nothing."""

    def __post_init__(self) -> None:
        if not (isinstance(self.settings, type) and is_dataclass(self.settings)):
            raise ComponentError(f"the settings of a component are a frozen data class, found {self.settings!r}")
        if not isinstance(self.examples, tuple) or not all(isinstance(e, Example) for e in self.examples):
            raise ComponentError(
                f"the examples of a component are a tuple such as (Example({{...}}),), found {self.examples!r:.100}"
            )

    def make(self, values: dict[str, Any] | None = None, /, where: str = "settings", **context: Any) -> Any:
        """Check `values` against the settings class and build the thing.

        Raises:
            ConfigError: a key is unknown or a value has the wrong type.
            ComponentError: it is built by other arguments, as components of another kind are.
        """
        settings = build_settings(self.settings, values or {}, where)
        try:
            signature(self.build).bind(settings, **context)
        except TypeError as error:
            given = ", ".join(["settings", *(f"{key}=..." for key in context)])
            raise ComponentError(
                f"a component that makes a {getattr(self.build, '__name__', self.build)} is not built by ({given}): "
                f"{error}; is it of another kind?"
            ) from None
        return self.build(settings, **context)


def component_names(kind: str) -> list[str]:
    """The names of our components of one kind, sorted; `casia_b.py` is called casia-b."""
    package = import_module(_package(kind))
    return sorted(m.name.replace("_", "-") for m in iter_modules(package.__path__))


def find_component(kind: str, name: str) -> Component:
    """The component of a kind by its name, or by the dotted path of a module elsewhere.

    Raises:
        ComponentError: no such module, one whose import fails, or it has no `component`.
    """
    if "." in name:
        module = _imported(kind, name)
    elif name.replace("_", "-") in component_names(kind):
        module = import_module(f"{_package(kind)}.{name.replace('-', '_')}")
    else:
        known = did_you_mean(name, component_names(kind))
        raise ComponentError(f"no {kind} is called {name!r}: {known} {OWN_NAMES}")
    component = getattr(module, "component", None)
    if not isinstance(component, Component):
        raise ComponentError(f"{name} is no {kind}: it must end with a line `component = Component(...)`")
    return component


def make_component(
    kind: str, name: str, values: dict[str, Any] | None = None, /, where: str = "settings", **context: Any
) -> Any:
    """Build what the component of a kind and a name makes.

    Raises:
        ConfigError: a key is unknown or a value has the wrong type.
        ComponentError: no such component, or it is of another kind.
    """
    made = find_component(kind, name).make(values, where, **context)
    module, _, contract = _CONTRACTS[kind].partition(":")
    wanted = getattr(import_module(module), contract)
    if not (isinstance(made, wanted) and _takes_what(made, wanted)):
        raise ComponentError(
            f"{name} is no {kind}: it makes a {type(made).__name__}, which is no {contract}; is it of another kind? "
            f"(gaitprint.testing.check_{kind} says what is missing)"
        )
    return made


def _takes_what(made: object, contract: type) -> bool:
    """Whether methods can be called as the contract's are: isinstance asks for their names alone."""
    for name, method in vars(contract).items():
        if isfunction(method) and not name.startswith("_") and isinstance(getattr(made, name), MethodType):
            positional = [
                p for p in list(signature(method).parameters.values())[1:] if p.kind < Parameter.VAR_POSITIONAL
            ]
            try:
                signature(getattr(made, name)).bind(*positional)
            except TypeError:
                return False
    return True


def name_of(built: object) -> str:
    """The name in configurations of what a component built: its file's, or another package's dotted path."""
    package, _, file = type(built).__module__.rpartition(".")
    return file.replace("_", "-") if package in KINDS.values() else type(built).__module__


def _imported(kind: str, path: str) -> ModuleType:
    """Import a module that somebody else wrote; whatever goes wrong is said in one line."""
    what = f"the {kind} {path!r} is not importable"
    if not all(part.isidentifier() for part in path.split(".")):
        raise ComponentError(f"{what}: expected a dotted name such as my_package.my_{kind}")
    try:
        return import_module(path)
    except GaitprintError:
        raise
    except Exception as error:
        lacks = error.name if isinstance(error, ModuleNotFoundError) else None
        if lacks and f"{path}.".startswith(f"{lacks}."):
            raise ComponentError(f"{what}: {_way_to(lacks)}") from None
        if lacks and lacks.partition(".")[0] in EXTRAS:
            raise  # answered with the extra to install
        said = " ".join(str(error).split())[:300]
        raise ComponentError(f"{what}: {type(error).__name__}: {said} (--debug shows where)") from error


def _way_to(lacks: str) -> str:
    parent, _, module = lacks.rpartition(".")
    if not parent:
        return f"no package {lacks!r} is found: it has to be installed, or its folder in PYTHONPATH"
    siblings = [m.name for m in iter_modules(getattr(sys.modules[parent], "__path__", ()))]
    return f"{parent} has no module {module!r}: {did_you_mean(module, siblings)}"


def _package(kind: str) -> str:
    if kind not in KINDS:
        raise ComponentError(f"no components of kind {kind!r}: {did_you_mean(kind, KINDS)}")
    return KINDS[kind]
