"""Logs of a command: `-v` on stderr, `--log-file` in a file; Python's own `logging`, under the name `gaitprint`.

What the command line shows anyway (its own lines, errors) is logged as `gaitprint.cli`: the file holds it too, and on
stderr nothing stands twice.
"""

import logging
import os
import re
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gaitprint.atomic_files import unwritable
from gaitprint.errors import ArtefactError

ROOT, SHOWN = "gaitprint", "gaitprint.cli"
_FILE = "--log-file"
_VERBOSE = {"-v": 1, "--verbose": 1, "-vv": 2}
_FORM = "%(asctime)s %(levelname)s %(name)s: %(message)s"


@dataclass(frozen=True)
class LogRequest:
    """What is to be logged where."""

    verbose: int = 0
    """0 nothing on stderr, 1 what is read and written, 2 details."""
    file: Path | None = None
    """Appended to; None for none."""


def log_request(arguments: Sequence[str]) -> tuple[LogRequest, list[str]]:
    """Take `-v`, `-vv`, `--verbose` and `--log-file` out of a command line, wherever they stand in it.

    >>> log_request(["embed", "-v", "store", "--log-file=a.log"])[1]
    ['embed', 'store']
    """
    verbose, file, rest, words = 0, None, [], iter(arguments)
    for word in words:
        if word == "--":
            rest += [word, *words]
        elif word in _VERBOSE:
            verbose += _VERBOSE[word]
        elif word.startswith(f"{_FILE}="):
            file = Path(word.removeprefix(f"{_FILE}="))
        elif word == _FILE:
            value = next(words, None)
            if value is None:
                rest.append(word)  # click says that the name is missing
            else:
                file = Path(value)
        else:
            rest.append(word)
    return LogRequest(verbose, file), rest


@contextmanager
def logging_to(request: LogRequest, arguments: Sequence[str]) -> Iterator[None]:
    """Log for the length of a block, then leave everything as it was.

    Raises:
        ArtefactError: another file is there. DataError: it cannot be written to.
    """
    logger = logging.getLogger(ROOT)
    handlers = _handlers(request)
    before = logger.level, logger.propagate
    logger.propagate = False  # a library's handlers would print the same once more
    logger.setLevel(min(handler.level for handler in handlers))
    for handler in handlers:
        logger.addHandler(handler)
    start = time.monotonic()
    logging.getLogger(SHOWN).info("%s", " ".join(["gaitprint", *arguments]))
    try:
        yield
    finally:
        logging.getLogger(SHOWN).info("ended after %.1f s", time.monotonic() - start)
        logger.setLevel(before[0])
        logger.propagate = before[1]
        for handler in handlers:
            logger.removeHandler(handler)
            handler.close()


def _handlers(request: LogRequest) -> list[logging.Handler]:
    level = logging.DEBUG if request.verbose > 1 else logging.INFO
    handlers: list[logging.Handler] = [logging.NullHandler(logging.CRITICAL)]
    if request.verbose:
        handlers.append(logging.StreamHandler(sys.stderr))
        handlers[-1].addFilter(lambda record: not record.name.startswith(SHOWN))
        handlers[-1].setLevel(level)
        handlers[-1].setFormatter(logging.Formatter("%(name)s: %(message)s"))
    if request.file is not None and os.environ.get("RANK", "0") == "0":
        _check_log(request.file)
        try:
            request.file.parent.mkdir(parents=True, exist_ok=True)
            handlers.append(logging.FileHandler(request.file, encoding="utf-8", errors="backslashreplace"))
        except (OSError, ValueError) as error:
            raise unwritable(request.file, error) from None
        handlers[-1].setLevel(level)
        handlers[-1].setFormatter(logging.Formatter(_FORM))
    return handlers


def _check_log(path: Path) -> None:
    """Only a log is added to: a line at the end of a model would damage it."""
    try:
        begins = b""
        if path.is_file():
            with path.open("rb") as stream:
                begins = stream.read(11)
    except OSError as error:
        raise unwritable(path, error) from None
    if begins and not re.match(rb"\d{4}-\d\d-\d\d ", begins):
        raise ArtefactError(f"{path} is there and is no log of ours: choose another name, or remove it first")
