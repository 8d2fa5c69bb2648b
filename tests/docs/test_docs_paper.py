"""The page that maps the method to the code names functions and tests that exist, and no row is without either."""

import re

import pytest
from docs_pages import ROOT
from test_docs_links import CODE, resolves, tests_in

ROWS = [
    [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
    for line in (ROOT / "docs" / "paper.md").read_text(encoding="utf-8").splitlines()
    if line.startswith("|")
]
MAPPED = [row for row in ROWS if len(row) == 4 and "`" in row[1]]


def test_the_tables_are_read() -> None:
    assert len(MAPPED) > 50
    wide = [row for row in ROWS if len(row) == 4 and not set(row[0]) <= {"-", ":"}]
    headings = [row for row in wide if row[1:3] == ["function in `gaitprint`", "held by"]]
    assert [row for row in wide if row not in MAPPED and row not in headings] == []


@pytest.mark.parametrize("row", MAPPED, ids=lambda row: row[0][:60])
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
        assert name in tests_in(found[0]), test
