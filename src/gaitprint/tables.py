"""Columns of equal length, and a data frame of them where pandas is installed."""

from collections.abc import Mapping, Sequence
from typing import Any

from gaitprint.errors import ConfigError

Columns = dict[str, list[Any]]
"""By name, all of one length: what pandas, polars and pyarrow make a table of."""


def data_frame(columns: Mapping[str, Sequence[Any]]) -> Any:
    """Make a pandas data frame of columns.

    Raises:
        ConfigError: pandas is not installed.
    """
    try:
        import pandas
    except ImportError:
        raise ConfigError(
            "a data frame needs pandas, which is not installed: `pip install pandas`, or take to_columns(), a dict of "
            "lists that any table library reads"
        ) from None
    return pandas.DataFrame(dict(columns))


def as_columns(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> Columns:
    """Turn rows into columns of these names."""
    return {name: [row[i] for row in rows] for i, name in enumerate(names)}
