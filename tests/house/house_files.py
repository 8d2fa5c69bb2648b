"""The project's files, parsed once, for the tests of the house's rules."""

import ast
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "gaitprint"
MODULES = tuple(sorted(SOURCE.rglob("*.py")))
TESTS = tuple(sorted((ROOT / "tests").rglob("*.py")))


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def calls_in(path: Path) -> list[tuple[str, ast.Call]]:
    """Every call with the dotted name of what is called, such as `torch.load`."""
    return [(ast.unparse(node.func), node) for node in ast.walk(parsed(path)) if isinstance(node, ast.Call)]


def published_files() -> list[Path]:
    """Files under version control; where there is no git, what lies in the project's own folders."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode == 0 and listed.stdout:
        return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]
    places = ("src", "tests", "docs", "benchmarks")
    return [p for place in places for p in (ROOT / place).rglob("*") if p.is_file() and "__pycache__" not in p.parts]
