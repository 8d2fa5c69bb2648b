"""The stages: one function each, which the command of the same name calls with the same arguments.

    from gaitprint.stages import embed, evaluate

Each lies in a module of its name, which is loaded when it is asked for, and can be called as its function.
"""

import sys
from collections.abc import Callable
from functools import wraps
from importlib import import_module
from types import ModuleType
from typing import Any

_FUNCTIONS = {
    **{name: name for name in ("ablate", "adapt", "capacity", "compare", "compress", "convert", "demo")},
    **{name: name for name in ("doctor", "embed", "evaluate", "explain", "export", "export_model", "partition")},
    **{name: name for name in ("bench", "extract", "prepare", "report", "runs", "submit", "train", "tune", "verify")},
    "datasets": "list_datasets",
    "gallery_enroll": "enroll_walks",
    "gallery_identify": "identify_walks",
    "gallery_reembed": "reembed_gallery",
    "networks": "list_networks",
    "plan": "plan_run",
    "show": "show_model",
    "video_annotate": "annotate_video",
    "video_embed": "embed_videos",
    "video_identify": "identify_people",
    "video_search": "search_footage",
}
"""The stages, and the function of each."""


class _Stage(ModuleType):
    """A stage's module, called as its function: Python puts the module of that name in the function's place."""

    @property
    def _function(self) -> Callable[..., Any]:
        function: Callable[..., Any] = vars(self)[_FUNCTIONS[self.__name__.rpartition(".")[2]]]
        return function

    @property
    def __wrapped__(self) -> Callable[..., Any]:
        return self._function

    def __call__(self, *given: Any, **named: Any) -> Any:
        return self._function(*given, **named)


def _settling(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function of a stage, its arguments settled first: of text where a list is wanted, no letters are read."""

    @wraps(function)
    def settling(*given: Any, **named: Any) -> Any:
        from gaitprint.arguments import settled  # needs numpy, which `gaitprint --help` does not wait for

        bound = settled(function, given, named)
        return function(*bound.args, **bound.kwargs)

    return settling


class _Stages(ModuleType):
    """This package."""

    def __setattr__(self, name: str, value: Any) -> None:
        if name in _FUNCTIONS and isinstance(value, ModuleType) and not isinstance(value, _Stage):
            value.__class__ = _Stage
            vars(value)[_FUNCTIONS[name]] = _settling(vars(value)[_FUNCTIONS[name]])
        super().__setattr__(name, value)

    def __getattr__(self, name: str) -> Any:
        if name not in _FUNCTIONS:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        return import_module(f"{self.__name__}.{name}")

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *_FUNCTIONS})


sys.modules[__name__].__class__ = _Stages
