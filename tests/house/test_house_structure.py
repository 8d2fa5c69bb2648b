"""The house's measures stay within their limits: `python tests/house/structure.py` prints them."""

import ast

import numpy as np
import pytest
import structure
from structure import comments_and_code, cycles, functions_in

LINES, PARAMETERS = 60, 8

LONGER: dict[str, int] = {}
"""Functions of more lines, and how many: the list may only get shorter. Docstrings may be as long as they need."""

WIDER: dict[str, int] = {}
"""Functions of more parameters, and how many: the list may only get shorter."""


def test_functions_are_short() -> None:
    long = {f.name: f.code for f in structure.functions() if f.code > LINES}
    assert _exceeding(long, LONGER) == {}, "split them where a second idea begins"
    assert set(LONGER) <= set(long), "short by now: take them off the list"
    assert len(LONGER) <= 5


def test_functions_take_few_parameters() -> None:
    wide = {f.name: f.parameters for f in structure.functions() if f.parameters > PARAMETERS}
    assert _exceeding(wide, WIDER) == {}, "what is handed on together is one value"
    assert set(WIDER) <= set(wide), "narrow by now: take them off the list"


def _exceeding(found: dict[str, int], allowed: dict[str, int]) -> dict[str, int]:
    return {name: count for name, count in found.items() if count > allowed.get(name, 0)}


def test_most_files_and_functions_are_far_below_their_limits() -> None:
    sizes = list(structure.file_lines().values())
    median, tenth = np.percentile(sizes, [50, 90])
    assert median <= 100
    assert tenth <= 192
    assert np.percentile([f.lines for f in structure.functions()], 95) <= 30
    assert np.percentile([f.parameters for f in structure.functions()], 95) <= 5


def test_no_room_holds_more_than_its_share() -> None:
    room, share = next(iter(structure.room_shares().items()))
    assert share <= 0.14, f"{room} holds {share:.1%} of all lines: part of it is a room of its own"


def test_imports_have_no_cycles_and_none_goes_up() -> None:
    assert structure.import_cycles() == []
    assert structure.upward_imports() == []
    assert structure.private_imports() == []


def test_every_room_has_a_floor() -> None:
    assert structure.rooms_without_floor() == []


def test_tricky_lines_are_commented() -> None:
    """Comments stand at invariants and tricky lines; one that repeats the line is worth less than none."""
    assert structure.comment_share() >= 0.025


def test_the_table_has_every_measure() -> None:
    names = [name for name, _ in structure.table()]
    assert len(names) == len(set(names)) == 12
    assert all(value for _, value in structure.table())


def test_functions_are_counted_with_their_inner_ones_and_without_self() -> None:
    source = '''
@decorated
def outer(a, *rest, b=1, **named):
    """Two
    lines."""

    def inner(self): return 1

    return inner

class Thing:
    def method(self, x, /, y): ...
    @staticmethod
    def static(self_made): ...
'''
    found = {f.name: (f.lines, f.code, f.parameters) for f in functions_in(ast.parse(source), "file")}
    assert found == {
        "file: outer": (7, 5, 4),
        "file: outer.inner": (1, 1, 1),
        "file: Thing.method": (1, 1, 2),
        "file: Thing.static": (1, 1, 1),
    }


@pytest.mark.parametrize(
    ("arrows", "found"),
    [
        ("", []),
        ("ab bc ac", []),
        ("ab ba cd", [["a", "b"]]),
        ("ab bc ca cd de ed", [["a", "b", "c"], ["d", "e"]]),
    ],
    ids=["none", "down", "two", "three and two"],
)
def test_cycles_are_groups_that_reach_each_other(arrows, found) -> None:
    assert sorted(cycles([tuple(arrow) for arrow in arrows.split()])) == found


def test_comments_are_lines_for_readers_and_docstrings_are_no_code() -> None:
    source = '''#!/usr/bin/env python
"""A file."""

# one
x = 1  # two
y = "text"  # noqa: S105
"""What y is."""
z = """
text
"""  # type: ignore

def f(  # three
):
    """Does."""
    return x
'''
    assert comments_and_code(source) == (3, 8)
