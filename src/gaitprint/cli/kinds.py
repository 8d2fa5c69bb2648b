"""Kinds of values and options on the command line: places, counts of what a machine has room for, dependent options."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click


class Place(click.Path):
    """A path that is some place: an empty one is a shell variable that was not set, not the folder one is in.

    `~/` is the home folder also where the shell leaves it, as in `--out=~/gl.safetensors`.
    """

    def __init__(self) -> None:
        super().__init__(path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """See `click.ParamType`."""
        if value == "":
            self.fail("expected a path, found an empty text (is a shell variable not set?)", param, ctx)
        given = super().convert(value, param, ctx)
        return given.expanduser() if isinstance(given, Path) and given.parts[:1] == ("~",) else given


PLACE = Place()


class Count(click.IntRange):
    """A number that may be too large for any machine.

    Args:
        least: the smallest.
        most: the largest; what needs more than that would end without a word, or never.
    """

    def __init__(self, least: int, most: int) -> None:
        super().__init__(min=least)
        self._most = most

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """See `click.ParamType`."""
        number = super().convert(value, param, ctx)
        if number > self._most:
            self.fail(f"{number} is too much: it is at most {self._most}", param, ctx)
        return number


THREADS, PROCESSES = Count(1, 1024), Count(0, 1024)


class Dependent(click.Option):
    """An option that means nothing without another one, or beside one: it is refused there, never passed over.

    Args:
        needs: the name of the option that it needs, without dashes.
        excludes: the name of the option that leaves it nothing to decide.
        why: what follows "--this " in the error.
    """

    def __init__(self, *args: Any, needs: str = "", excludes: str = "", why: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._needs, self._excludes, self._why = needs, excludes, why

    def handle_parse_result(
        self, ctx: click.Context, opts: Mapping[str, Any], args: list[str]
    ) -> tuple[Any, list[str]]:
        """See `click.Parameter`."""
        taken = super().handle_parse_result(ctx, opts, args)
        if self.name in opts:
            if self._needs and self._needs not in opts:
                raise click.UsageError(f"{self.opts[0]} {self._why}: give --{self._needs} as well", ctx)
            if self._excludes and self._excludes in opts:
                raise click.UsageError(f"{self.opts[0]} {self._why}: leave it or --{self._excludes} out", ctx)
        return taken
