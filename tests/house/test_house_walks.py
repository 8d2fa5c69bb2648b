"""Who follows one value through the code comes back to few files: `python tests/house/walks.py` prints the walks."""

from pathlib import Path
from typing import Any

import pytest
import walks
from house_files import SOURCE

LONGEST = {"embeddings through `eval identify`": (34, 19), "`how` through `model train`": (35, 22)}
"""Stays and returns of each: they may only become fewer."""


@pytest.mark.slow  # it loads nearly the whole package under a tracer
@pytest.mark.parametrize("title", walks.WALKS)
def test_walks_become_no_longer(title: str, tmp_path: Path) -> None:
    stays = walks.WALKS[title](tmp_path)
    most, back = LONGEST[title]
    assert all((SOURCE / name).is_file() for name in stays)
    assert len(stays) <= most, "hand a value on once, or bring together what is read together"
    assert walks.returns(stays) <= back


def test_a_walk_counts_whom_the_value_is_given_to_and_who_is_handed_it(tmp_path: Path) -> None:
    files = {
        "a.py": "def start(path): use(make(path)); rest()",
        "b.py": "class Load: ...\ndef make(path): return made(Load)\ndef use(load): look(load); look(load); rest()",
        "c.py": "def made(kind): return kind()\ndef look(load): rest()\ndef rest(): return None",
    }
    names: dict[str, Any] = {}
    for name, text in files.items():
        exec(compile(text, str(tmp_path / name), "exec"), names)
    value = walks.Value(("Load",), ("path",), "a.py:start")
    stays = walks.walk(value, lambda: names["start"]("x"), tmp_path)
    assert stays == ["a.py", "b.py", "a.py", "b.py", "c.py", "b.py", "a.py"]
    assert walks.returns(stays) == 4
