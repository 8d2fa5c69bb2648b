"""Arguments of stages as people give them: text for a path, one thing for a list of them; or one line that says what.

What is wanted is read off a function's own signature, so that there is one account of it.
"""

import dataclasses
import inspect
import os
import types
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from gaitprint.errors import ConfigError

_UNIONS = (typing.Union, types.UnionType)
_SERIES = (Sequence, list, Iterable)


def settled(function: Callable[..., Any], given: Sequence[Any], named: Mapping[str, Any]) -> inspect.BoundArguments:
    """The arguments of a call, each as the function's signature wants it.

    Raises:
        ConfigError: one that is neither of the kind that is wanted nor obviously means it.
        TypeError: one that is missing or unknown, as of any function of Python.
    """
    signature = inspect.signature(function)
    bound = signature.bind(*given, **named)
    for name, value in bound.arguments.items():
        wanted = signature.parameters[name]
        if wanted.kind not in (wanted.VAR_POSITIONAL, wanted.VAR_KEYWORD):
            bound.arguments[name] = settle(value, wanted.annotation, f"{name} of {function.__name__}()")
    return bound


def shown(value: Any) -> str:
    """What something is, in few words.

    >>> shown(None), shown(3), shown(np.zeros((2, 3)))
    ('None', 'int 3', 'an array float64 [2, 3]')
    """
    if value is None:
        return "None"
    if isinstance(value, np.ndarray):
        return f"an array {value.dtype} {list(value.shape)}"
    if isinstance(value, bool | int | float | str | bytes):
        return f"{type(value).__name__} {value!r:.40}"
    return type(value).__name__


def settle(value: Any, hint: Any, where: str) -> Any:
    """A value as a signature wants it.

    Args:
        value: what was given.
        hint: the annotation.
        where: the argument, for errors.

    Raises:
        ConfigError: it is neither of that kind nor obviously means it.
    """
    options, classes = _options(hint), _classes(hint)
    if bool in classes and isinstance(value, np.bool_):
        return bool(value)
    a_truth = isinstance(value, bool) and bool not in classes  # which Python counts among the numbers
    if isinstance(value, classes) and not a_truth:
        return value
    if Path in classes and isinstance(value, str | os.PathLike) and os.fspath(value):
        return Path(value)
    if str in classes and isinstance(value, os.PathLike):
        return os.fspath(value)
    if int in classes and isinstance(value, np.integer):
        return int(value)
    if float in classes and isinstance(value, int | np.number) and not a_truth:
        return float(value)
    for option in options:
        if typing.get_origin(option) in _SERIES and not isinstance(value, bytes | Mapping | np.ndarray):
            inner = typing.get_args(option)[0]
            if isinstance(value, (str, os.PathLike, *_classes(inner))):
                return [settle(value, inner, where)]
            if isinstance(value, Iterable):
                made = [settle(v, inner, where) for v in value]
                return tuple(made) if isinstance(value, tuple) else made
        if typing.get_origin(option) in (Mapping, dict) and isinstance(value, Mapping):
            inner = typing.get_args(option)[1]
            lists = any(typing.get_origin(o) in _SERIES for o in _options(inner))
            return {k: settle(v, inner, f"{where}[{k!r}]") for k, v in value.items()} if lists else value
    if all(_is_class(o) or typing.get_origin(o) in (*_SERIES, Mapping, dict) for o in options):
        raise ConfigError(f"{where} is {' or '.join(map(_words, options))}, found {shown(value)}")
    return value


def settle_fields(value: Any) -> None:
    """Settle every field of a frozen data class as its annotation wants it; for its `__post_init__`.

    Raises:
        ConfigError: one that is neither of that kind nor obviously means it.
    """
    for f in dataclasses.fields(value):
        made = settle(getattr(value, f.name), f.type, f"{f.name} of {type(value).__name__}()")
        object.__setattr__(value, f.name, made)


def _options(hint: Any) -> tuple[Any, ...]:
    return typing.get_args(hint) if typing.get_origin(hint) in _UNIONS else (hint,)


def _classes(hint: Any) -> tuple[type, ...]:
    return tuple(o for o in _options(hint) if _is_class(o))


def _is_class(hint: Any) -> bool:
    """Whether a value can be asked if it is one."""
    return isinstance(hint, type) and typing.get_origin(hint) is None and not getattr(hint, "_is_protocol", False)


def _words(hint: Any) -> str:
    if hint is Path:
        return "a path"
    if hint is types.NoneType:
        return "None"
    origin = typing.get_origin(hint)
    if origin in _SERIES:
        return f"a list, each {' or '.join(map(_words, _options(typing.get_args(hint)[0])))}"
    if origin in (Mapping, dict):
        return "a table by name, such as {'gaitgl': ...}"
    return str(getattr(hint, "__name__", hint))
