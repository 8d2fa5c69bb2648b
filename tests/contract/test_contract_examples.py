"""The pages' complete examples keep their promises in somebody else's package, outside the tree, without pytest."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from gaitprint import testing
from gaitprint.components import KINDS

PAGES = Path(__file__).resolve().parents[2] / "docs" / "extend"
FILE = re.compile(r"^```python file=(\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_every_kind_has_a_page_and_a_checker() -> None:
    # engines of galleries are two, chosen by the gallery's address: a checker, but no component and no page
    assert testing.__all__ == sorted([*(f"check_{kind}" for kind in KINDS), "check_gallery_engine"])
    assert all(callable(getattr(testing, name)) for name in testing.__all__)
    assert all((PAGES / f"{kind}.md").is_file() for kind in KINDS)
    with pytest.raises(AttributeError, match="no attribute 'check_nothing'"):
        testing.check_nothing  # noqa: B018


TORCHLESS = ("augmentation", "dataset", "scorer", "transform")
PROGRAM = f"""
import sys, traceback
import gaitprint.testing
for kind, name in (word.split("=") for word in sys.argv[1:]):
    try:
        getattr(gaitprint.testing, f"check_{{kind}}")(name)
    except BaseException:
        print(kind, traceback.format_exc(), sep="\\n", end="\\0")
    if kind == {TORCHLESS[-1]!r} and "torch" in sys.modules:
        print("torch", "torch was imported", sep="\\n", end="\\0")
sys.exit("pytest was imported" if "pytest" in sys.modules else 0)
"""
"""Checks all kinds, those that need no torch first; on stdout is what went wrong with which."""


@pytest.fixture(scope="module")
def complaints(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What one process, which checks every page's example, has against each kind."""
    root = tmp_path_factory.mktemp("somebody")
    package = root / "my_company" / "gait_parts"
    package.mkdir(parents=True)
    for folder in (package.parent, package):
        (folder / "__init__.py").touch()
    words = ["scorer=euclidean"]
    for kind in [*TORCHLESS, *sorted(set(KINDS) - set(TORCHLESS))]:
        ((path, text),) = FILE.findall((PAGES / f"{kind}.md").read_text(encoding="utf-8"))
        words.append(f"{kind}=my_company.gait_parts.{Path(path).stem}")
        (package / Path(path).name).write_text(text, encoding="utf-8")
    there = os.pathsep.join(filter(None, [str(root), os.environ.get("PYTHONPATH", "")]))
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *words],
        cwd=root,
        env={**os.environ, "PYTHONPATH": there},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return dict(piece.split("\n", 1) for piece in done.stdout.split("\0") if piece)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_an_example_passes_its_checker_as_somebody_elses(kind: str, complaints: dict[str, str]) -> None:
    assert kind not in complaints, complaints[kind]


def test_checkers_of_retrieval_and_data_need_no_torch(complaints: dict[str, str]) -> None:
    assert "torch" not in complaints, complaints["torch"]
