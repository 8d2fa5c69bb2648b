"""`gaitprint`: runs a command; an error is one line. Light, so that Ctrl-C is answered while everything else loads."""

import io
import os
import re
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TextIO

from gaitprint.cli._leaving import answer_no_more, answer_signals, left_line
from gaitprint.errors import BackendWarning, GaitprintError, LeftError, RunInterruptedError

REFUSED, USAGE = 1, 2
"""Exit codes: something is wrong with data, files, names or settings; the command line cannot be read."""

_OUT_OF_MEMORY = re.compile(r"(can't|cannot) allocate memory|out of memory", re.IGNORECASE)
"""What torch says, whose error is none of memory."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code. Errors of ours and of the system come out as one line."""
    from gaitprint.cli._logging import log_request, logging_to

    given = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in given
    given = [word for word in given if word != "--debug"]  # people add it to the end of the line that failed
    request, given = log_request(given)
    try:
        with logging_to(request, given):
            try:
                return _run(given)
            except BaseException as error:  # within, so that the log has it
                return _answered(error, given, debug)
    except BaseException as error:
        return _answered(error, given, debug)


def _run(given: Sequence[str]) -> int:
    import click

    from gaitprint.cli.app import app

    try:
        with _warnings_in_a_line():
            app.main(given or ["--help"], prog_name="gaitprint", standalone_mode=False)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    return 0


@contextmanager
def _warnings_in_a_line() -> Iterator[None]:
    """Say what is ours without the line of code it came from."""
    with warnings.catch_warnings():
        usual = warnings.showwarning

        def show(
            message: Warning | str,
            category: type[Warning],
            filename: str,
            lineno: int,
            file: TextIO | None = None,
            line: str | None = None,
        ) -> None:
            if issubclass(category, BackendWarning):
                sys.stderr.write(f"gaitprint: warning: {_flat(str(message))}\n")
            else:
                usual(message, category, filename, lineno, file, line)

        warnings.showwarning = show
        yield


def _answered(error: BaseException, given: Sequence[str], debug: bool) -> int:
    """Say an error in one line; the exit code. What is a fault of ours is raised again."""
    import click

    from gaitprint.atomic_files import way_out
    from gaitprint.extras import EXTRAS, missing_text

    if isinstance(error, click.UsageError):
        command = error.ctx.command_path if error.ctx else "gaitprint"
        said = re.sub(r"(is not a valid \w+) range\b", r"\1", _flat(error.format_message())).rstrip(".")
        return _fail(f"{said} (see `{command} --help`)", USAGE)
    if isinstance(error, LeftError):
        return _fail(left_line(given, error.signal), error.code, debug)
    if isinstance(error, click.Abort | KeyboardInterrupt):
        return _fail(left_line(given, "SIGINT"), LeftError("SIGINT").code, debug)
    if isinstance(error, RunInterruptedError):
        return _fail(str(error), error.code, debug)
    if isinstance(error, GaitprintError):
        return _fail(str(error), REFUSED, debug)
    if isinstance(error, ModuleNotFoundError) and (module := str(error.name).partition(".")[0]) in EXTRAS:
        return _fail(missing_text(module), REFUSED, debug)
    if isinstance(error, BrokenPipeError):
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115, PTH123 - the reader is gone: nothing can be said
        return 0
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        return _fail(f"{where}{error.strerror or error}; {way_out(error)}", REFUSED, debug)
    if isinstance(error, MemoryError) or (isinstance(error, RuntimeError) and _OUT_OF_MEMORY.search(str(error))):
        return _fail("out of memory: use fewer sequences or smaller batches", REFUSED, debug)
    raise error


def run() -> None:
    """The installed program."""
    answer_signals(sys.argv[1:])
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a file's name need not be text
    try:
        code = main()
    except LeftError as asked:  # while an error was being said
        code = _fail(left_line(sys.argv[1:], asked.signal), asked.code)
    answer_no_more()
    sys.exit(code)


def _fail(message: str, code: int, debug: bool = False) -> int:
    import logging

    if debug:
        import traceback

        traceback.print_exc()
    if logging.getLogger("gaitprint").handlers:  # without any, Python would print it once more
        logging.getLogger("gaitprint.cli").error(_flat(message), exc_info=code == REFUSED)
    sys.stderr.write(f"gaitprint: {_flat(message)}\n")
    sys.stderr.flush()
    return code


def _flat(message: str) -> str:
    """One line, whatever was in a file's name."""
    return " ".join("".join(c if c.isprintable() else " " for c in message).split())


if __name__ == "__main__":
    run()
