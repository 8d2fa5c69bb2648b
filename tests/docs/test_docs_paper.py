"""The page that maps the method to the code names functions and tests that exist, and no row is without either."""

import re

import pytest
from docs_pages import CODE, ROOT, functions_in, resolves

HEADING = ["function in `gaitprint`", "held by", "standing"]


def mapped_rows() -> list[list[str]]:
    """The rows of the tables under that heading."""
    rows, inside = [], False
    for line in (ROOT / "docs" / "paper.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.split("|")[1:-1]]
        inside = bool(cells) and (inside or cells[1:] == HEADING)
        if inside and cells[1:] != HEADING and not re.fullmatch(r"[-| ]+", line):
            rows.append(cells)
    return rows


MAPPED = mapped_rows()


def test_the_tables_are_read() -> None:
    assert len(MAPPED) > 80
    assert {len(row) for row in MAPPED} == {4}
    assert all(all(row) for row in MAPPED)


@pytest.mark.parametrize("row", MAPPED, ids=[f"{i}: {row[0][:50]}" for i, row in enumerate(MAPPED)])
def test_every_row_names_a_function_and_a_test_that_exist(row: list[str]) -> None:
    functions, tests = CODE.findall(row[1]), CODE.findall(row[2])
    assert functions
    assert tests
    for function in functions:
        assert resolves(f"gaitprint.{function}") or (ROOT / "src/gaitprint" / function).is_file(), function
    for test in tests:
        file, _, name = test.partition("::")
        found = list((ROOT / "tests").rglob(file))
        assert len(found) == 1, f"{file} is in {found}"
        assert name.startswith("test_")
        assert name in functions_in(found[0]), test
