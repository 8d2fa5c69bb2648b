"""The contracts of all kinds of component, to be run on anybody's: `check_network("my_package.my_network")`.

Each checker takes a component's name or dotted path, builds its examples (see `gaitprint.components.Example`), and
raises one `gaitprint.errors.ContractError` that says which promise was broken; `check_gallery_engine` takes what makes
and opens an engine. No runner of tests is needed; under one, call a checker in a test.
"""

from importlib import import_module
from typing import Any

_CHECKERS = {
    "check_augmentation": "augmentations",
    "check_backend": "backends",
    "check_dataset": "datasets",
    "check_detector": "detectors",
    "check_gallery_engine": "gallery_engines",
    "check_loss": "losses",
    "check_network": "networks",
    "check_reader": "readers",
    "check_scorer": "scorers",
    "check_segmenter": "segmenters",
    "check_tracker": "trackers",
    "check_transform": "transforms",
}
"""Where each checker is; `__init__.pyi` says the same to type checkers and editors."""
__all__ = sorted(_CHECKERS)


def __getattr__(name: str) -> Any:
    """Import a checker when it is asked for: those of retrieval and data need no torch."""
    if name not in _CHECKERS:
        raise AttributeError(f"module 'gaitprint.testing' has no attribute {name!r}")
    return getattr(import_module(f"gaitprint.testing.{_CHECKERS[name]}"), name)


def __dir__() -> list[str]:
    return list(__all__)
