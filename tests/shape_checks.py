"""Check types and shapes at every call of the package while the tests run, as cheaply as they can be checked.

jaxtyping's import hook decorates every function and dataclass with `jaxtyping.jaxtyped`. Its own decorator binds and
checks the arguments twice, which takes more time than the package does; half of all functions never see an array. What
is decorated here is checked once by beartype, and inside one memory of axis sizes where an array is annotated. Whether
arrays fit depends on their kinds and shapes alone: those that fitted a function once are not checked there again.
"""

import dataclasses
import functools
import inspect
from collections.abc import Callable, Generator, Iterator
from types import CellType, CodeType, FunctionType, UnionType
from typing import Any, Union, get_args, get_origin

import jaxtyping
from beartype import BeartypeConf, beartype
from beartype.door import die_if_unbearable
from jaxtyping import AbstractArray, install_import_hook

AS_PYTHON_DOES = BeartypeConf(violation_type=TypeError)
same_axes = jaxtyping.jaxtyped
"""`with same_axes("context")`: within, an axis of one name has one size."""
_CHECKS: dict[CodeType, Any] = {}
"""By its code, what beartype has made of a function within another."""
UNSEEN = (Callable, Iterator, Generator)
"""Of these, beartype looks at the thing itself alone, not at what it takes or gives."""


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
    arrays = {name: hint for name, hint in getattr(function, "__annotations__", {}).items() if _has_array(hint)}
    nested = isinstance(function, FunctionType) and "<locals>" in function.__qualname__
    if arrays and inspect.isgeneratorfunction(function):
        return _beginning(beartype(conf=AS_PYTHON_DOES)(function))
    if not arrays:
        return _nested(function) if nested else beartype(conf=AS_PYTHON_DOES)(function)
    if isinstance(function, FunctionType) and not nested and all(map(_depends_on_kinds, arrays.values())):
        places = [name for name in inspect.signature(function).parameters if name in arrays]
        if len(places) + ("return" in arrays) == len(arrays):
            return _remembering(function, arrays)
    once = _nested(function) if nested else beartype(conf=AS_PYTHON_DOES)(function)

    @functools.wraps(function)
    def in_one_memory(*args: Any, **kwargs: Any) -> Any:
        with same_axes("context"):
            return once(*args, **kwargs)

    return in_one_memory


def _beginning(generator: Callable[..., Any]) -> Callable[..., Any]:
    """Arguments are checked when the first item is asked for: in a memory of its own, and not in that of who asks."""

    @functools.wraps(generator)
    def begun(*args: Any, **kwargs: Any) -> Any:
        made = generator(*args, **kwargs)
        with same_axes("context"):
            try:
                first = next(made)
            except StopIteration as end:
                return end.value
        yield first
        return (yield from made)

    return begun


def _nested(function: Any) -> Callable[..., Any]:
    """A function within another is defined at every call of that: what checks the first checks the others too."""
    known = _CHECKS.get(function.__code__)
    if known is None or known.__annotations__ != function.__annotations__:
        # of its own kind, but without what the first holds on to
        cells = tuple(CellType() for _ in function.__closure__ or ())
        empty = FunctionType(function.__code__, function.__globals__, function.__name__, None, cells)
        empty.__qualname__, empty.__module__ = function.__qualname__, function.__module__
        empty.__annotations__ = function.__annotations__
        known = _CHECKS[function.__code__] = beartype(conf=AS_PYTHON_DOES)(empty)
    checks = known.__kwdefaults__ or {}
    if "__beartype_func" not in checks:  # nothing to check, or beartype goes about it in another way
        return function if known.__code__ is function.__code__ else beartype(conf=AS_PYTHON_DOES)(function)

    @functools.wraps(function)
    def nested(*args: Any, **kwargs: Any) -> Any:
        return known(*args, __beartype_func=function, **kwargs)

    return nested


def _remembering(function: FunctionType, arrays: dict[str, Any]) -> Callable[..., Any]:
    """Check everything where the arrays are of new kinds, and all but the arrays where they are of known ones."""
    # both are made when they are needed: many functions are never called, others once
    whole = functools.cache(lambda: beartype(conf=AS_PYTHON_DOES)(function))
    rest = functools.cache(lambda: _without_arrays(function, arrays))
    names = list(inspect.signature(function).parameters)
    spots = [(names.index(name), name) for name in arrays if name != "return"]
    wanted = arrays.get("return")
    sound: set[object] = set()

    @functools.wraps(function)
    def remembering(*args: Any, **kwargs: Any) -> Any:
        count = len(args)
        given = tuple([kind_of(args[at] if at < count else kwargs.get(name)) for at, name in spots])
        if given not in sound:
            with same_axes("context"):
                result = whole()(*args, **kwargs)
            sound.add(given)
            if wanted is not None:
                sound.add((given, kind_of(result)))
            return result
        result = rest()(*args, **kwargs)
        if wanted is None or (given, kind_of(result)) in sound:
            return result
        with same_axes("context"):
            for at, name in spots:
                die_if_unbearable(args[at] if at < count else kwargs.get(name), arrays[name], conf=AS_PYTHON_DOES)
            die_if_unbearable(result, wanted, conf=AS_PYTHON_DOES)
        sound.add((given, kind_of(result)))
        return result

    return remembering


def _without_arrays(function: FunctionType, arrays: dict[str, Any]) -> Callable[..., Any]:
    """The function, checked but for its arrays."""
    made = FunctionType(
        function.__code__, function.__globals__, function.__name__, function.__defaults__, function.__closure__
    )
    functools.update_wrapper(made, function)
    del made.__wrapped__
    made.__kwdefaults__ = function.__kwdefaults__
    made.__annotations__ = {name: hint for name, hint in function.__annotations__.items() if name not in arrays}
    checked_now: Callable[..., Any] = beartype(conf=AS_PYTHON_DOES)(made)
    return checked_now


def kind_of(value: Any) -> object:
    """What decides whether a value is an array as annotated: class, dtype and shape; so of each value in a tuple."""
    if value.__class__ is tuple:
        return tuple([kind_of(item) for item in value])
    try:
        return value.__class__, value.dtype, value.shape
    except AttributeError:
        return value.__class__


def _depends_on_kinds(hint: Any) -> bool:
    """Whether `kind_of` a value says whether it fits: of arrays, classes, and tuples and choices of them."""
    if inspect.isclass(hint) and issubclass(hint, AbstractArray):
        return not set("{?") & set(hint.dim_str)  # of which an axis may depend on other arguments
    if hint is None or (inspect.isclass(hint) and not get_args(hint)):
        return True
    if get_origin(hint) is tuple and Ellipsis in get_args(hint):
        return False  # of which beartype looks at some items only
    return get_origin(hint) in (tuple, Union, UnionType) and all(map(_depends_on_kinds, get_args(hint)))


def _has_array(hint: Any) -> bool:
    if get_origin(hint) in UNSEEN:
        return False
    return (inspect.isclass(hint) and issubclass(hint, AbstractArray)) or any(_has_array(h) for h in get_args(hint))
