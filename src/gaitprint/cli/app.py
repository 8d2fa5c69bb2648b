"""The commands: one a stage."""

import click

from gaitprint.cli import (
    ablate,
    answer,
    capacity,
    compare,
    compress,
    convert,
    data,
    evaluate,
    explain,
    export,
    identify,
    learn,
    partition,
    plan,
    report,
    runs,
    tune,
    verify,
)
from gaitprint.cli._kinds import PLACE
from gaitprint.errors import did_you_mean

HELP = """Recognise people by the way they walk.

\b
From nothing to figures, on synthetic walkers:
  gaitprint demo OUT
Step by step:
  gaitprint doctor SOURCE                   what is wrong with a data set
  gaitprint prepare SOURCE STORE            a data set -> one packed store
  gaitprint partition STORE FILE            who trains and who is tested in it
  gaitprint plan RECIPE                     what training will take
  gaitprint train STORE RUN                 a store -> a trained network
  gaitprint runs FOLDER                     what runs there are, and their curves
  gaitprint embed STORE --model M --out E   networks -> one vector a sequence
  gaitprint evaluate E                      vectors -> the protocol's figures
  gaitprint verify E                        error rates of pairs and of strangers
  gaitprint compare E1 E2                   what one gains over another, if it does
  gaitprint ablate A=E1 B=E2                what each step of the method brings
  gaitprint report A=E1 B=E2 --out F        one page of all that, JSON and CSV
  gaitprint tune E --out TOML               settings, chosen on training subjects
  gaitprint explain STORE --probe KEY       which strips and moments make a match
  gaitprint compress E --fit T              smaller templates, and what they cost
  gaitprint capacity --people N             what a gallery takes: bytes, time
  gaitprint answer E --out CSV              the answer file of a competition
  gaitprint export STORE OUT                the reference toolkit's folders

A command says where its files are; `gaitprint COMMAND --help` shows examples. Exit codes: 0 done, 1 refused (data,
files, names or settings), 2 a command line that cannot be read, 130 Ctrl-C, 143 SIGTERM. An error is one line on
stderr.
"""


CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 110}


class Commands(click.Group):
    """A group that knows what was meant by a word that is no command of it, or by an option in front of one."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """See `click.Group`."""
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            raise click.UsageError(f"No such command {args[0]!r}: {did_you_mean(args[0], self.commands)}", ctx)
        return super().resolve_command(ctx, args)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """See `click.Command`."""
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            name = error.option_name
            having = [c for c, command in self.commands.items() if any(name in p.opts for p in command.params)]
            if not having:
                raise
            where = f"`gaitprint {having[0]} ... {name}`"
            raise click.UsageError(
                f"{name} is an option of commands and stands behind one, as in {where}", ctx
            ) from None


@click.group(help=HELP, context_settings=CONTEXT, cls=Commands)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=lambda context, _p, asked: _say_version(context) if asked else None,
    help="Show the version, and what a report of a fault should hold: Python, libraries, processor, precision.",
)
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def app(debug: bool) -> None:  # noqa: D103 - the help text is HELP
    del debug  # `main` reads it


def _say_version(context: click.Context) -> None:
    from gaitprint.cli._version import version_lines

    click.echo("\n".join(version_lines()))
    context.exit()


def _log_options() -> list[click.Parameter]:
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


MEASURING = (evaluate, compare, verify, ablate, report, tune, explain)
MODULES = (data, export, partition, learn, convert, plan, runs, identify, *MEASURING, compress, capacity, answer)

app.params += _log_options()
for command in (c for module in MODULES for c in module.COMMANDS):
    command.context_settings = CONTEXT  # said to each, for click remembers -h and --help from the first use
    command.params += _log_options()
    app.add_command(command)
