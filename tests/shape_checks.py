"""Check types and shapes at every call of the package while the tests run, as cheaply as they can be checked.

jaxtyping's import hook decorates every function and dataclass with `jaxtyping.jaxtyped`. Its own decorator binds and
checks the arguments twice, which takes more time than the package does; half of all functions never see an array. What
is decorated here is checked once by beartype, and inside one memory of axis sizes where an array is annotated.
"""

import dataclasses
import functools
import inspect
from collections.abc import Callable
from typing import Any, get_args

import jaxtyping
from beartype import BeartypeConf, beartype
from jaxtyping import AbstractArray, install_import_hook

AS_PYTHON_DOES = BeartypeConf(violation_type=TypeError)
same_axes = jaxtyping.jaxtyped
"""`with same_axes("context")`: within, an axis of one name has one size."""


def install() -> None:
    """Have all modules of the package checked that are imported from now on."""
    install_import_hook("gaitprint", "beartype.beartype")
    jaxtyping.jaxtyped = lambda *, typechecker: checked  # what the hook's decorators look up


def checked(what: Any) -> Any:
    """Decorate a function, a method or a dataclass; other classes are left alone, for their methods are decorated."""
    if inspect.isclass(what):
        if dataclasses.is_dataclass(what) and "__init__" in vars(what):
            what.__init__ = _checked_function(what.__init__)  # type: ignore[misc]
        return what
    if isinstance(what, classmethod | staticmethod):
        return type(what)(_checked_function(what.__func__))
    if isinstance(what, property):
        return property(*(None if f is None else _checked_function(f) for f in (what.fget, what.fset, what.fdel)))
    return _checked_function(what)


def _checked_function(function: Callable[..., Any]) -> Callable[..., Any]:
    once = beartype(conf=AS_PYTHON_DOES)(function)
    if not any(_has_array(hint) for hint in getattr(function, "__annotations__", {}).values()):
        return once

    @functools.wraps(function)
    def in_one_memory(*args: Any, **kwargs: Any) -> Any:
        with same_axes("context"):
            return once(*args, **kwargs)

    return in_one_memory


def _has_array(hint: Any) -> bool:
    return (inspect.isclass(hint) and issubclass(hint, AbstractArray)) or any(_has_array(h) for h in get_args(hint))
