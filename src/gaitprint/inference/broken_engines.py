"""An engine that is installed and does not work: one line says so, and others go on."""

from collections.abc import Callable
from importlib.util import find_spec
from typing import TypeVar
from warnings import warn

from gaitprint.errors import BackendWarning, GaitprintError
from gaitprint.extras import EXTRAS

Made = TypeVar("Made")


def made_or_said(backend: str, make: Callable[[], Made]) -> Made | None:
    """What a back end makes; None, and a `BackendWarning` with the reason, where it fails.

    What it needs not being installed at all is no failure of it: None, without a word.
    """
    try:
        return make()
    except Exception as error:
        if not (isinstance(error, ModuleNotFoundError) and _is_extra(error.name)):
            warn(f"the back end {backend} does not work here and is left out: {_reason(error)}", BackendWarning, 3)
        return None


def _is_extra(module: str | None) -> bool:
    return module in EXTRAS and find_spec(module) is None


def _reason(error: Exception) -> str:
    said = " ".join(str(error).split())[:300]
    return said if isinstance(error, GaitprintError) else f"{type(error).__name__}: {said}"
