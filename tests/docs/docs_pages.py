"""The pages of the documentation and their fenced blocks, for the tests that run them."""

import ast
import importlib
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FRONT = tuple(ROOT / f"{name}.md" for name in ("README", "CONTRIBUTING", "CHANGELOG"))
PAGES = (*FRONT, *sorted((ROOT / "docs").rglob("*.md")))
CODE = re.compile(r"`([^`\n]+)`")
_FENCE = re.compile(r"^```([^\n`]*)\n(.*?)^```[ ]*$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, the words after it, its text, and the line of its first line of text."""

    language: str
    words: tuple[str, ...]
    text: str
    line: int

    @property
    def file(self) -> str:
        """The name of the file that the block is, or nothing."""
        return next((w.removeprefix("file=") for w in self.words if w.startswith("file=")), "")


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def blocks_of(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    found = []
    for match in _FENCE.finditer(text):
        language, *words = match[1].split() or [""]
        found.append(Block(language, tuple(words), match[2], text[: match.start()].count("\n") + 2))
    return found


def without_blocks(page: Path) -> str:
    """The prose of a page."""
    return _FENCE.sub("", page.read_text(encoding="utf-8"))


def commands_of(block: Block) -> list[str]:
    """The commands of a console block, one a line; `#` starts a comment, a backslash goes on in the next line."""
    joined = block.text.replace("\\\n", " ")
    return [line.strip() for line in joined.splitlines() if line.strip() and not line.lstrip().startswith("#")]


def resolves(dotted: str) -> bool:
    """Whether a dotted name is a module, or something in one (a class's field too)."""
    parts = dotted.split(".")
    for cut in range(len(parts), 0, -1):
        try:
            found: object = importlib.import_module(".".join(parts[:cut]))
        except ModuleNotFoundError:
            continue
        for name in parts[cut:]:
            if not hasattr(found, name) and name not in getattr(found, "__annotations__", {}):
                return False
            found = getattr(found, name, None)
        return True
    return False


@cache
def functions_in(path: Path) -> frozenset[str]:
    """The names of the functions of a file, those of its classes too."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return frozenset(n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef))
