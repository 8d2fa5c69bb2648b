"""What a shell offers for a name: ours of that kind, and files."""

from collections.abc import Callable

import click
from click.shell_completion import CompletionItem

Complete = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def offer(names: Callable[[], list[str]], files: bool = False) -> Complete:
    """Complete a value from `names`, called when somebody asks; with `files` also as the name of a file."""

    def complete(_context: click.Context, _parameter: click.Parameter, begun: str) -> list[CompletionItem]:
        ours = [CompletionItem(name) for name in sorted(names()) if name.startswith(begun)]
        return ours + ([CompletionItem(begun, type="file")] if files else [])

    return complete


def offer_series(names: Callable[[], list[str]]) -> Complete:
    """Complete names separated by commas, each in turn, or the name of a file."""

    def complete(_context: click.Context, _parameter: click.Parameter, begun: str) -> list[CompletionItem]:
        before, comma, last = begun.rpartition(",")
        ours = [CompletionItem(before + comma + name) for name in sorted(names()) if name.startswith(last)]
        return ours + ([] if comma else [CompletionItem(begun, type="file")])

    return complete


def components(kind: str) -> Callable[[], list[str]]:
    """The names of a kind's components."""

    def names() -> list[str]:
        from gaitprint.components import component_names

        return component_names(kind)

    return names


def steps() -> list[str]:
    """What a pipeline may be made of."""
    return [*components("transform")(), *components("scorer")()]


def protocols() -> list[str]:
    """The shipped protocols."""
    from gaitprint.evaluation.protocol.protocol import protocol_names

    return protocol_names()


def weights() -> list[str]:
    """The shipped weights."""
    from gaitprint.models.shipped import shipped_names

    return shipped_names()


def recipes() -> list[str]:
    """The shipped recipes."""
    from gaitprint.training.recipe import recipe_names

    return recipe_names()
