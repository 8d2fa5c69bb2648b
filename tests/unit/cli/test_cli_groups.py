"""Options that a command gets as one value."""

from typing import Any

import click
from click.testing import CliRunner

from gaitprint.cli.option_groups import FieldOption, OptionGroup

inner = OptionGroup("pair", lambda left, right: (left, right), click.option("--left"), click.option("--right"))
outer = OptionGroup(
    "asked",
    lambda pair, seed, names: {"pair": pair, "seed": seed, "names": names},
    inner,
    click.option("--seed", default=3, show_default=True, help="A number."),
    click.option("--name", "names", multiple=True),
)


@click.command()
@click.argument("first")
@outer
@click.option("--last", default="z")
def command(first: str, asked: dict[str, Any], last: str) -> None:
    """Say what it was given."""
    click.echo(f"{first} {asked} {last}")


def said(*words: str) -> str:
    found = CliRunner().invoke(command, words)
    assert found.exit_code == 0, found.output
    return found.output


def test_options_become_one_argument_also_of_a_group_in_a_group() -> None:
    assert said("a", "--right", "r", "--name", "m", "--name", "n", "--last", "y") == (
        "a {'pair': (None, 'r'), 'seed': 3, 'names': ('m', 'n')} y\n"
    )


def test_help_shows_every_option_in_its_place() -> None:
    text = said("--help")
    places = [text.index(word) for word in ("--left", "--right", "--seed", "--name", "--last")]
    assert places == sorted(places)
    assert "[default: 3]" in text
    assert "Say what it was given." in text


def test_a_group_serves_several_commands() -> None:
    @click.command()
    @outer
    def other(asked: dict[str, Any]) -> None:
        click.echo(str(asked["seed"]))

    assert [p.name for p in other.params] == ["left", "right", "seed", "names"]
    assert [p.name for p in command.params] == ["first", "left", "right", "seed", "names", "last"]
    assert CliRunner().invoke(other, ["--seed", "5"]).output == "5\n"


def test_the_default_is_that_of_the_value() -> None:
    option = FieldOption(["--memory"], of="gaitprint.retrieval.budget:ComputeBudget", show_default=True, type=int)
    threads = FieldOption(
        ["--cores"], of="gaitprint.retrieval.budget:ComputeBudget", field="threads", text=lambda n: n + 1, type=int
    )
    made = click.Command("made", params=[option, threads], callback=lambda memory, cores: click.echo(memory + cores))
    assert CliRunner().invoke(made, []).output == f"{(2 << 30) + 1}\n"
    assert "[default: 2147483648]" in CliRunner().invoke(made, ["--help"]).output
