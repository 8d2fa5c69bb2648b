"""Things that can be exchanged by name: a file that ends with one `component = Component(...)` line.

A component's name in configurations is its file's name; a dotted name (`my_package.my_network`) reaches another
package's module. Nothing is imported until it is asked for.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules
from typing import Any

from gaitprint.config import build_settings
from gaitprint.errors import ComponentError, did_you_mean

KINDS = {
    "network": "gaitprint.networks",
    "loss": "gaitprint.losses",
    "dataset": "gaitprint.datasets",
    "augmentation": "gaitprint.silhouettes.augmentations",
    "transform": "gaitprint.retrieval.transforms",
    "scorer": "gaitprint.retrieval.scorers",
}
"""The kinds of component and the package that holds ours. Every module in it is one."""


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

    def make(self, values: dict[str, Any] | None = None, /, where: str = "settings", **context: Any) -> Any:
        """Check `values` against the settings class and build the thing.

        Raises:
            ConfigError: a key is unknown or a value has the wrong type.
        """
        return self.build(build_settings(self.settings, values or {}, where), **context)


def component_names(kind: str) -> list[str]:
    """The names of our components of one kind, sorted; `casia_b.py` is called casia-b."""
    package = import_module(_package(kind))
    return sorted(m.name.replace("_", "-") for m in iter_modules(package.__path__))


def find_component(kind: str, name: str) -> Component:
    """The component of a kind by its name, or by the dotted path of a module elsewhere.

    Raises:
        ComponentError: no such module, or it has no `component`.
    """
    path = name if "." in name else f"{_package(kind)}.{name.replace('-', '_')}"
    if "." not in name and name.replace("_", "-") not in component_names(kind):
        raise ComponentError(f"no {kind} is called {name!r}: {did_you_mean(name, component_names(kind))}")
    try:
        missing = find_spec(path) is None
    except (ImportError, ValueError):
        missing = True
    if missing:
        raise ComponentError(f"the {kind} {name!r} is not importable: check the name and that its package is installed")
    component = getattr(import_module(path), "component", None)
    if not isinstance(component, Component):
        raise ComponentError(f"{path} is no {kind}: it must end with a line `component = Component(...)`")
    return component


def name_of(built: object) -> str:
    """The name in configurations of what a component built: its file's, or another package's dotted path."""
    package, _, file = type(built).__module__.rpartition(".")
    return file.replace("_", "-") if package in KINDS.values() else type(built).__module__


def _package(kind: str) -> str:
    if kind not in KINDS:
        raise ComponentError(f"no components of kind {kind!r}: {did_you_mean(kind, KINDS)}")
    return KINDS[kind]
