"""Commands grouped by noun: their help is made of them, and a word that is none of them says which was meant."""

from collections.abc import Iterator

import click

from gaitprint.cli.kinds import PLACE
from gaitprint.errors import did_you_mean

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 110}


class Noun(click.Group):
    """The commands about one thing, in the order in which people come to need them."""

    def __init__(self, name: str, title: str, members: tuple[click.Command, ...]) -> None:
        self.title = title
        """What the commands are about, for the program's own help."""
        super().__init__(
            name, {str(c.name): c for c in members}, help=f"{title}.", short_help=title, context_settings=CONTEXT
        )

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """See `click.Group`: as they were given, not by the alphabet."""
        return list(self.commands)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """See `click.Group`."""
        _require_command(self, ctx, args)
        return super().resolve_command(ctx, args)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """See `click.Command`."""
        try:
            return super().parse_args(ctx, args or ["--help"])
        except click.NoSuchOption as error:
            raise _misplaced(self, error, ctx) or error from None


class Program(Noun):
    """The whole program: the nouns, and commands that stand alone."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """See `click.Group`: every command of every noun, with what it takes."""
        rows: dict[str, list[tuple[str, str]]] = {}
        for name, command in leaves(self).items():
            noun = self.commands[name.split()[0]]
            takes = [p.make_metavar(ctx) for p in command.params if isinstance(p, click.Argument)]
            title = noun.title if isinstance(noun, Noun) else str(command.name).capitalize()
            rows.setdefault(title, []).append((" ".join([name, *takes]), command.get_short_help_str(200)))
        width = max(len(usage) for lines in rows.values() for usage, _ in lines)
        for title, lines in rows.items():
            with formatter.section(title):
                formatter.write_dl([(usage.ljust(width), what) for usage, what in lines], col_max=width)


def leaves(group: click.Group) -> dict[str, click.Command]:
    """Every command below a group by the words it is called by, such as `data prepare`."""
    return dict(_leaves(group))


def _leaves(group: click.Group) -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from ((f"{name} {below}", leaf) for below, leaf in _leaves(command))
        else:
            yield name, command


def log_options() -> list[click.Parameter]:
    """Every command's, for its help: `main` takes them out of the line, wherever they stand."""
    return [
        click.Option(
            ["-v", "--verbose"], count=True, expose_value=False, help="Say what is read and written; -vv in detail."
        ),
        click.Option(
            ["--log-file"],
            type=PLACE,
            expose_value=False,
            metavar="FILE",
            help="Append to this file what is said and done, errors with their tracebacks.",
        ),
    ]


def _require_command(group: click.Group, ctx: click.Context, args: list[str]) -> None:
    """Refuse a word that is no command of the group, and name the one that was meant, also of another noun."""
    if not args or args[0] in group.commands or args[0].startswith("-"):
        return
    path = ctx.command_path.split()[1:]
    everywhere = leaves(ctx.find_root().command)  # type: ignore[arg-type]
    elsewhere = [name for name in everywhere if name.split()[-1] == args[0].lower()]
    if elsewhere:
        raise click.UsageError(f"No such command {' '.join([*path, args[0]])!r}: did you mean {elsewhere[0]!r}?", ctx)
    begun = next((name for name in group.commands if args[0].startswith(name)), None)
    if begun is not None:  # nearer in meaning than a word of like letters, as `eval` is to `evaluate`
        raise click.UsageError(f"No such command {' '.join([*path, args[0]])!r}: did you mean {begun!r}?", ctx)
    last = {name.split()[-1]: name for name in everywhere} if not path else {name: name for name in group.commands}
    meant = did_you_mean(args[0], {**last, **{name: name for name in group.commands}})
    for short, whole in last.items():
        meant = meant.replace(f"did you mean {short!r}", f"did you mean {whole!r}")
    raise click.UsageError(f"No such command {' '.join([*path, args[0]])!r}: {meant}", ctx)


def _misplaced(group: click.Group, error: click.NoSuchOption, ctx: click.Context) -> click.UsageError | None:
    """What is said of an option that stands in front of its command; None where no command has it."""
    name = error.option_name
    having = next((c for c, command in leaves(group).items() if any(name in p.opts for p in command.params)), None)
    if having is None:
        return None
    where = f"`{ctx.command_path} {having} ... {name}`"
    return click.UsageError(f"{name} is an option of commands and stands behind one, as in {where}", ctx)
