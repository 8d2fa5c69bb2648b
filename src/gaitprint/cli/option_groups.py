"""Options that belong together: a command gets one value of them, and their defaults are that value's own."""

from collections.abc import Callable
from dataclasses import fields
from functools import wraps
from importlib import import_module
from typing import Any

import click

Command = Callable[..., Any]
Decorator = Callable[[Command], Command]


class OptionGroup:
    """A decorator that gives a command several options, and hands it one argument made of them.

    >>> where = OptionGroup("place", complex, click.option("--real", type=float), click.option("--imag", type=float))
    >>> command = click.command()(where(lambda place: click.echo(abs(place))))
    >>> command.main(["--real", "3", "--imag", "4"], standalone_mode=False)
    5.0

    Args:
        argument: what the command calls the value.
        build: makes it of the options' values, which come by name; it imports what it needs when it is called.
        options: in the order of the help. One may be a group itself: `build` then gets that group's value.
    """

    def __init__(self, argument: str, build: Callable[..., Any], *options: Decorator) -> None:
        self.argument, self._build, self._options = argument, build, options
        self._names = [name for option in options for name in _names(option)]

    def __call__(self, command: Command) -> Command:
        """Decorate a command's function, below `click.command`."""

        @wraps(command)
        def folded(*given: Any, **named: Any) -> Any:
            value = self._build(**{name: named.pop(name) for name in self._names})
            return command(*given, **named, **{self.argument: value})

        # click keeps the options in a list on the function, and `wraps` shares it: each function has its own
        folded.__dict__["__click_params__"] = list(getattr(command, "__click_params__", []))
        made: Command = folded
        for option in reversed(self._options):  # click shows what was added last first
            made = option(made)
        return made


class FieldOption(click.Option):
    """An option whose default is that of a value's field, looked up when it is asked for, so that help stays quick.

    Args:
        of: where the class of the value is, such as `gaitprint.retrieval.budget:ComputeBudget`; or a tuple of choices,
            the usual one first.
        field: the field, where it is not called as the option.
        text: makes what one would type of the default.
    """

    def __init__(
        self, *args: Any, of: str, field: str = "", text: Callable[[Any], Any] = lambda value: value, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._of, self._field, self._text = of, field, text

    def get_default(self, ctx: click.Context, call: bool = True) -> Any:
        """See `click.Parameter`."""
        del ctx, call
        module, _, name = self._of.partition(":")
        wanted, found = self._field or self.name, getattr(import_module(module), name)
        (default,) = found[:1] if isinstance(found, tuple) else (f.default for f in fields(found) if f.name == wanted)
        return self._text(default)


def _names(option: Decorator) -> list[str]:
    if isinstance(option, OptionGroup):
        return [option.argument]

    def nothing() -> None:
        """No command: what an option is called is known once it is somebody's."""

    option(nothing)
    return [str(parameter.name) for parameter in nothing.__dict__["__click_params__"]]
