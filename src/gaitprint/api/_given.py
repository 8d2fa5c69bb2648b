"""What people hand to the public functions: taken as what is obviously meant, or refused in one line."""

import inspect
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from gaitprint.arguments import settle, shown
from gaitprint.errors import ConfigError
from gaitprint.retrieval.pipeline import Pipeline
from gaitprint.retrieval.spec import PipelineSpec
from gaitprint.types import Embeddings


def given_path(value: Any, what: str) -> Path:
    """The path of a file or folder.

    Args:
        value: text, or what says its own path.
        what: for the error, such as "a model file".

    Raises:
        ConfigError: something else.
    """
    if isinstance(value, str | os.PathLike):
        path = os.fspath(value)
        if isinstance(path, str) and path:
            return Path(path)
    raise ConfigError(f"expected the path of {what}, found {shown(value)}")


def given_embeddings(value: Any, what: str) -> Embeddings:
    """Embeddings, or those of the file at a path.

    Raises:
        ConfigError: something else. ArtefactError: a file that is missing, foreign or damaged.
    """
    if isinstance(value, Embeddings):
        return value
    if isinstance(value, str | os.PathLike):
        from gaitprint.inference.embeddings_file import load_embeddings

        return load_embeddings(given_path(value, "embeddings"))
    raise ConfigError(f"{what} is Embeddings, of embed() or load_embeddings(), or their file; found {shown(value)}")


def given_pipeline(value: Any) -> Pipeline:
    """Build the pipeline that somebody names; None is the usual one.

    Args:
        value: a `Pipeline` or `PipelineSpec`, a settings table, or the steps or the file as `--pipeline` takes them.

    Raises:
        ConfigError: none of these. ComponentError: no step has that name.
    """
    if isinstance(value, Pipeline):
        return value
    if value is None or isinstance(value, PipelineSpec):
        return Pipeline.from_spec(value or PipelineSpec())
    if isinstance(value, str | os.PathLike):
        return Pipeline.from_spec(PipelineSpec.parse(str(given_path(value, "a pipeline, or its steps"))))
    if not isinstance(value, Mapping):
        raise ConfigError(
            f'a pipeline is its steps such as "part-mean", a .toml file, or a table such as '
            f'{{"scorer": {{"name": "part-mean"}}}}, found {shown(value)}'
        )
    strange = next((key for key in value if not isinstance(key, str)), None)
    if strange is not None:
        raise ConfigError(f"the settings of a pipeline are called scorer and transforms, found {shown(strange)}")
    return Pipeline.from_settings(dict(value))


def given_options(function: Callable[..., Any], **options: Any) -> dict[str, Any]:
    """Numbers, truths and words of a call, each of the type in the function's signature.

    Raises:
        ConfigError: another one.
    """
    wanted, name = inspect.signature(function).parameters, function.__qualname__
    return {key: settle(value, wanted[key].annotation, f"{key} of {name}()") for key, value in options.items()}


def given_several(value: Any, single: type | tuple[type, ...], what: str) -> list[Any]:
    """The things in a list or other series of them; a single one is a list of one.

    Args:
        value: one or several.
        single: what one is; a text or path always is one.
        what: for the error, such as "walks".

    Raises:
        ConfigError: neither, or a table.
    """
    kinds = single if isinstance(single, tuple) else (single,)
    if isinstance(value, (*kinds, str, os.PathLike)):
        return [value]
    # an array is no series of arrays, and bytes none of numbers
    if value is None or isinstance(value, bytes | Mapping | np.ndarray) or not isinstance(value, Iterable):
        raise ConfigError(f"expected {what}, one or a list, found {shown(value)}")
    return list(value)
