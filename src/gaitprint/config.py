"""Settings: frozen data classes filled from TOML and `--set a.b=value`; an unknown key is an error."""

import dataclasses
import tomllib
import types
import typing
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from gaitprint.errors import ConfigError, did_you_mean
from gaitprint.texts import read_text


def read_toml(path: Path) -> dict[str, Any]:
    """The tables of a TOML file.

    Raises:
        ConfigError: the file is missing, no regular file, no text, or no TOML.
    """
    try:
        return tomllib.loads(read_text(path))
    except FileNotFoundError:
        raise ConfigError(f"no settings file at {path}: check the path") from None
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{path} cannot be read as TOML: {error}") from None


def apply_overrides(values: dict[str, Any], overrides: list[str] | tuple[str, ...]) -> dict[str, Any]:
    """A copy of nested `values` with every `a.b=value` of `overrides` set. The value is TOML, or else plain text."""
    result = _copy(values)
    for override in overrides:
        path, equals, text = override.partition("=")
        keys = path.strip().split(".")
        if not equals or not all(keys):
            raise ConfigError(f"a setting is given as key=value or table.key=value, found {override!r}")
        table = result
        for key in keys[:-1]:
            table = table.setdefault(key, {})
            if not isinstance(table, dict):
                raise ConfigError(f"--set {override!r}: {key!r} is a value, not a table")
        table[keys[-1]] = _parse(text.strip())
    return result


def build_settings(cls: type, values: Any, where: str = "settings") -> Any:
    """Make the frozen data class `cls` from plain values, checking every key and type.

    Raises:
        ConfigError: an unknown key (with the nearest known one), a missing key, or a value of the wrong type.
    """
    if not isinstance(values, dict):
        raise ConfigError(f"{where}: expected a table of settings, found {type(values).__name__} {values!r}")
    hints = typing.get_type_hints(cls)
    known = {f.name for f in dataclasses.fields(cls)}
    for key in values:
        if key not in known:
            raise ConfigError(f"{where} has no setting {key!r}: {_meant(str(key), cls, hints)}")
    for f in dataclasses.fields(cls):
        required = f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING
        if required and f.name not in values:
            raise ConfigError(f"{where} needs a value for {f.name!r}")
    made = {key: _convert(value, hints[key], f"{where}.{key}") for key, value in values.items()}
    return cls(**made)


def require_lists(settings: Any) -> None:
    """Raise ConfigError where text was given for a list of settings made in Python: its letters would be read."""
    for field in dataclasses.fields(settings):
        value = getattr(settings, field.name)
        if typing.get_origin(field.type) is tuple and isinstance(value, str):
            raise ConfigError(f"{field.name} is a list{_example(value)}, found {value!r}")


def _meant(key: str, cls: type, hints: dict[str, Any]) -> str:
    """What an unknown key may have meant: a setting here or in a table below, where it is named with its table."""
    tables = {name: hint for name, hint in hints.items() if dataclasses.is_dataclass(hint)}
    names = {f.name: f"{table}.{f.name}" for table, hint in tables.items() for f in dataclasses.fields(hint)}
    names |= {f.name: f.name for f in dataclasses.fields(cls)}
    near = get_close_matches(key, names, n=1)
    return f"did you mean {names[near[0]]!r}?" if near else did_you_mean(key, (f.name for f in dataclasses.fields(cls)))


def settings_to_dict(settings: Any) -> dict[str, Any]:
    """The plain values of a settings object (tuples as lists), ready for TOML or JSON."""
    return typing.cast(dict[str, Any], _plain(dataclasses.asdict(settings)))


LARGEST = 1e6
"""Of settings that tensors are multiplied by: far above what anybody means, far below where float32 overflows."""


def require(condition: bool, message: str) -> None:
    """Raise ConfigError(message) unless `condition`; for checks in a settings class's `__post_init__`."""
    if not condition:
        raise ConfigError(message)


def _convert(value: Any, hint: Any, where: str) -> Any:
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Literal:
        if value not in args:
            raise ConfigError(f"{where} is one of {', '.join(map(repr, args))}, found {value!r}")
        return value
    if origin in (typing.Union, types.UnionType):
        if value is None and type(None) in args:
            return None
        options = [a for a in args if a is not type(None)]
        for option in options[:-1]:
            try:
                return _convert(value, option, where)
            except ConfigError:
                continue
        return _convert(value, options[-1], where)
    if origin is tuple:
        if not isinstance(value, list | tuple):
            raise ConfigError(f"{where} is a list{_example(value)}, found {value!r}")
        if len(args) == 2 and args[1] is Ellipsis:
            return tuple(_convert(v, args[0], f"{where}[{i}]") for i, v in enumerate(value))
        if len(value) != len(args):
            raise ConfigError(f"{where} is a list of {len(args)} values, found {value!r}")
        return tuple(_convert(v, a, f"{where}[{i}]") for i, (v, a) in enumerate(zip(value, args, strict=True)))
    if origin is dict:
        if not isinstance(value, dict):
            raise ConfigError(f"{where} is a table, found {value!r}")
        return {k: _convert(v, args[1], f"{where}.{k}") for k, v in value.items()}
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return value if isinstance(value, hint) else build_settings(hint, value, where)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        require(abs(value) < 2**1023, f"{where} is of type float, found an integer beyond its range")
        return float(value)
    if hint is Any or hint is object:
        return value
    if not isinstance(value, hint) or (isinstance(value, bool) and hint is not bool):
        raise ConfigError(f"{where} is of type {hint.__name__}, found {value!r}")
    return value


def _example(value: Any) -> str:
    if not isinstance(value, str) or len(value) >= 40:
        return ""
    parts = ", ".join(f'"{part.strip(chr(34) + chr(39) + " []")}"' for part in value.split(","))
    return f" such as [{parts}]"


def _parse(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except (ValueError, RecursionError):
        return text


def _copy(values: dict[str, Any]) -> dict[str, Any]:
    return {k: _copy(v) if isinstance(v, dict) else v for k, v in values.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    return value
