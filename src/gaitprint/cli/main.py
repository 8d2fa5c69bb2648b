"""`gaitprint`: runs a command; an error is one line. Light, so that Ctrl-C is answered while everything else loads."""

import io
import os
import sys
from collections.abc import Sequence

from gaitprint.cli._leaving import answer_no_more, answer_signals, left_line
from gaitprint.errors import GaitprintError, LeftError, RunInterruptedError

REFUSED, USAGE = 1, 2
"""Exit codes: something is wrong with data, files, names or settings; the command line cannot be read."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code. Errors of ours and of the system come out as one line."""
    import click

    from gaitprint.cli.app import app
    from gaitprint.storage import way_out

    given = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in given
    given = [word for word in given if word != "--debug"]  # people add it to the end of the line that failed
    try:
        app.main(given or ["--help"], prog_name="gaitprint", standalone_mode=False)
    except click.UsageError as error:
        command = error.ctx.command_path if error.ctx else "gaitprint"
        return _fail(f"{_flat(error.format_message())} (see `{command} --help`)", USAGE)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except LeftError as asked:
        return _fail(left_line(given, asked.signal), asked.code, debug)
    except (click.Abort, KeyboardInterrupt):
        return _fail(left_line(given, "SIGINT"), LeftError("SIGINT").code, debug)
    except RunInterruptedError as left:
        return _fail(str(left), left.code, debug)
    except GaitprintError as error:
        return _fail(str(error), REFUSED, debug)
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115, PTH123 - the reader is gone: nothing can be said
        return 0
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return _fail(f"{where}{error.strerror or error}; {way_out(error)}", REFUSED, debug)
    except MemoryError:
        return _fail("out of memory: use fewer sequences or smaller batches", REFUSED, debug)
    return 0


def run() -> None:
    """The installed program."""
    answer_signals(sys.argv[1:])
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a file's name need not be text
    code = main()
    answer_no_more()
    sys.exit(code)


def _fail(message: str, code: int, debug: bool = False) -> int:
    if debug:
        import traceback

        traceback.print_exc()
    sys.stderr.write(f"gaitprint: {_flat(message)}\n")
    sys.stderr.flush()
    return code


def _flat(message: str) -> str:
    """One line, whatever was in a file's name."""
    return " ".join("".join(c if c.isprintable() else " " for c in message).split())


if __name__ == "__main__":
    run()
