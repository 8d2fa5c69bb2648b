"""What people hand to a gallery, taken as what is obviously meant or refused in one line."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from gaitprint.arguments import shown
from gaitprint.errors import ConfigError
from gaitprint.inference.embeddings_file import load_embeddings
from gaitprint.types import Embeddings

Walks = Embeddings | str | Path
"""Embeddings, or the path of a file of them."""


def given_path(value: Any, what: str) -> Path:
    """The path of a file or folder."""
    if isinstance(value, str | os.PathLike) and isinstance(os.fspath(value), str) and os.fspath(value):
        return Path(value)
    raise ConfigError(f"expected the path of {what}, found {shown(value)}")


def given_walks(value: Any, what: str) -> Embeddings:
    """Embeddings, or those of a file."""
    if isinstance(value, Embeddings):
        return value
    if isinstance(value, str | os.PathLike):
        return load_embeddings(given_path(value, "embeddings"))
    raise ConfigError(f"{what} is Embeddings, of embed() or load_embeddings(), or their file; found {shown(value)}")


def given_probe(value: Any) -> Embeddings | int:
    """One walk, or its number in the log."""
    return value if type(value) is int else given_walks(value, "the probe")


def given_words(value: Any) -> list[str]:
    """Words, or a single one."""
    given = [value] if isinstance(value, str) else list(value) if isinstance(value, Iterable) else [value]
    if any(not isinstance(word, str) or not word for word in given):
        raise ConfigError(f"tags are words such as staff, found {shown(value)}")
    return given
