"""`gaitprint`: one command a stage; an error is one line and exit code 1, wrong usage exit code 2."""

import io
import os
import sys
from collections.abc import Sequence

import click

from gaitprint import __version__
from gaitprint.cli import (
    ablate,
    answer,
    capacity,
    compare,
    compress,
    data,
    evaluate,
    explain,
    identify,
    learn,
    plan,
    report,
    runs,
    tune,
    verify,
)
from gaitprint.errors import ComponentError, ConfigError, GaitprintError

HELP = """Recognise people by the way they walk.

\b
From nothing to figures, on synthetic walkers:
  gaitprint demo OUT
Step by step:
  gaitprint doctor SOURCE                   what is wrong with a data set
  gaitprint prepare SOURCE STORE            a data set -> one packed store
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

A command says where its files are; `gaitprint COMMAND --help` shows examples. Exit codes: 0 done, 1 something is
wrong with the data or files, 2 with the command or its settings; an error is one line on stderr.
"""


CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 110}


@click.group(help=HELP, context_settings=CONTEXT)
@click.version_option(__version__, prog_name="gaitprint")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def app(debug: bool) -> None:  # noqa: D103 - the help text is HELP
    del debug  # `main` reads it


MEASURING = (evaluate, compare, verify, ablate, report, tune, explain)
MODULES = (data, learn, plan, runs, identify, *MEASURING, compress, capacity, answer)

for command in (c for module in MODULES for c in module.COMMANDS):
    command.context_settings = CONTEXT  # said to each, for click remembers -h and --help from the first use
    app.add_command(command)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code. Errors of ours and of the system come out as one line."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in given
    given = [word for word in given if word != "--debug"]  # people add it to the end of the line that failed
    try:
        app.main(given or ["--help"], prog_name="gaitprint", standalone_mode=False)
    except click.UsageError as error:
        command = error.ctx.command_path if error.ctx else "gaitprint"
        return _fail(f"{_flat(error.format_message())} (see `{command} --help`)", 2)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except (click.Abort, KeyboardInterrupt):
        return _fail("interrupted: run the same command again to go on where it was", 130)
    except (ConfigError, ComponentError) as error:
        return _fail(str(error), 2, debug)
    except GaitprintError as error:
        return _fail(str(error), 1, debug)
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115, PTH123 - the reader is gone: nothing can be said
        return 0
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return _fail(f"{where}{error.strerror or error}", 1, debug)
    except MemoryError:
        return _fail("out of memory: use fewer sequences or smaller batches", 1, debug)
    return 0


def run() -> None:
    """The installed program."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a file's name need not be text
    sys.exit(main())


def _fail(message: str, code: int, debug: bool = False) -> int:
    if debug:
        import traceback

        traceback.print_exc()
    click.echo(f"gaitprint: {_flat(message)}", err=True)
    return code


def _flat(message: str) -> str:
    """One line, whatever was in a file's name."""
    return " ".join("".join(c if c.isprintable() else " " for c in message).split())


if __name__ == "__main__":
    run()
