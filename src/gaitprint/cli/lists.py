"""Lists of names on the command line: separated by commas, in quotation marks where a name has a comma itself."""

import re

import click

MOST = 1_000_000
"""Subjects that one range may name."""
_NAME = re.compile(r'\s*(?:"(?P<quoted>(?:[^"]|"")*)"\s*|(?P<bare>[^,"][^,]*))(?P<more>,|$)')


def split_names(text: str, option: str = "a list") -> tuple[str, ...]:
    """The names of a list, as CSV has them: quotation marks around a name count as they do there.

    >>> split_names('nm-01, "slow, with a bag"')
    ('nm-01', 'slow, with a bag')

    Raises:
        UsageError: an empty name, or a quotation mark that does not end.
    """
    return tuple(name for name, _ in _split(text, option))


def expand_subjects(text: str) -> tuple[str, ...]:
    """`001-003,007` as ids; a range keeps the width of its first number, and is a name in quotation marks.

    >>> expand_subjects('001-003,007,"Doe, Jane","1-2"')
    ('001', '002', '003', '007', 'Doe, Jane', '1-2')

    Raises:
        UsageError: an empty part, or a range that runs backwards.
    """
    found: list[str] = []
    for part, is_quoted in _split(text, "--subjects"):
        numbers = None if is_quoted else re.fullmatch(r"(\d+)-(\d+)", part)
        if numbers and int(numbers[1]) > int(numbers[2]):
            raise click.UsageError(f"--subjects wants ids and ranges such as 001-060,062, found {text!r}")
        if numbers:
            if int(numbers[2]) - int(numbers[1]) > MOST:
                raise click.UsageError(f"--subjects {part!r} names over a million subjects")
            width = len(numbers[1])
            found += [f"{i:0{width}d}" for i in range(int(numbers[1]), int(numbers[2]) + 1)]
        else:
            found.append(part)
    return tuple(dict.fromkeys(found))


def _split(text: str, option: str) -> list[tuple[str, bool]]:
    """Each name, and whether it stood in quotation marks."""
    found: list[tuple[str, bool]] = []
    place, more = 0, ","
    while more:
        match = _NAME.match(text, place)
        name = "" if match is None else (match["bare"] or "").strip() or (match["quoted"] or "").replace('""', '"')
        if match is None or not name:
            example = "001-060,062" if option == "--subjects" else "nm-01,nm-02"
            raise click.UsageError(
                f"{option} wants names separated by commas, such as {example}, and quotation marks around one with a "
                f"comma in it, found {text!r}"
            )
        found.append((name, match["quoted"] is not None))
        place, more = match.end(), match["more"]
    return found
