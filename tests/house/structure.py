"""What the source measures: run by itself it prints a table, and `test_house_structure.py` holds the limits.

python tests/house/structure.py
"""

import ast
import io
import sys
import tokenize
import tomllib
from collections import Counter
from dataclasses import dataclass
from functools import cache

import grimp
import numpy as np
from house_files import MODULES, ROOT, SOURCE, name_of, parsed
from house_privacy import private_reads
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

PACKAGE = "gaitprint"
DIRECTIVES = ("# noqa", "# type:", "# pragma", "#!")
"""Comments to a tool, not to a reader."""


@dataclass(frozen=True)
class Function:
    """One function or method."""

    name: str
    """File and name, such as `src/gaitprint/types.py: Store.open`."""
    lines: int
    """From `def` to its last line, signature and docstring among them."""
    code: int
    """The same without the docstring."""
    parameters: int
    """Without self and cls."""


@cache
def functions() -> tuple[Function, ...]:
    """All of the package, inner ones too."""
    return tuple(f for path in MODULES for f in functions_in(parsed(path), name_of(path)))


def functions_in(tree: ast.AST, where: str) -> list[Function]:
    """The functions of a file, named with their classes."""
    found: list[Function] = []

    def visit(node: ast.AST, prefix: str) -> None:
        for child in ast.iter_child_nodes(node):
            inner = prefix
            if isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                inner = f"{prefix}{child.name}."
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
                found.append(_function(child, f"{where}: {prefix}{child.name}", isinstance(node, ast.ClassDef)))
            visit(child, inner)

    visit(tree, "")
    return found


def _function(node: ast.FunctionDef | ast.AsyncFunctionDef, name: str, method: bool) -> Function:
    last = node.end_lineno or node.lineno
    body = node.body[1:] if ast.get_docstring(node, clean=False) is not None else node.body
    given = node.args
    named = [a.arg for a in (*given.posonlyargs, *given.args, *given.kwonlyargs)]
    named += [a.arg for a in (given.vararg, given.kwarg) if a is not None]
    bound = method and named[:1] in (["self"], ["cls"])
    lines = last - node.lineno + 1
    text = 0 if len(body) == len(node.body) else (node.body[0].end_lineno or 0) - node.body[0].lineno + 1
    return Function(name, lines, lines - text, len(named) - bound)


@cache
def file_lines() -> dict[str, int]:
    """Lines of each file."""
    return {name_of(p): len(p.read_text(encoding="utf-8").splitlines()) for p in MODULES}


def room_of(module: str) -> str:
    """The room of a dotted module: its first name below the package, the package itself for its front door."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else PACKAGE


def room_shares() -> dict[str, float]:
    """The share of all lines that each folder below the package holds, the largest first."""
    lines: Counter[str] = Counter()
    for path in MODULES:
        lines[path.relative_to(SOURCE).parts[0]] += file_lines()[name_of(path)]
    total = lines.total()
    return {room: count / total for room, count in lines.most_common()}


@cache
def _graph() -> grimp.ImportGraph:
    return grimp.build_graph(PACKAGE, cache_dir=None)


@cache
def imports() -> tuple[tuple[str, str], ...]:
    """(importer, imported) of every import within the package, those inside functions too."""
    graph = _graph()
    return tuple(sorted((m, other) for m in graph.modules for other in graph.find_modules_directly_imported_by(m)))


def cycles(arrows: list[tuple[str, str]]) -> list[list[str]]:
    """Groups of names that reach each other along the arrows."""
    names = sorted({name for arrow in arrows for name in arrow})
    if not names:
        return []
    number = {name: i for i, name in enumerate(names)}
    rows, columns = zip(*((number[a], number[b]) for a, b in arrows), strict=True)
    ones = coo_array((np.ones(len(rows)), (rows, columns)), shape=(len(names), len(names)))
    _, group = connected_components(ones, directed=True, connection="strong")
    members = [[n for n, g in zip(names, group, strict=True) if g == some] for some in np.unique(group)]
    return [m for m in members if len(m) > 1]


def import_cycles() -> list[list[str]]:
    """Modules that import each other, and folders that do: at every level, the modules of a folder as one."""
    found = cycles(list(imports()))
    parents = sorted({m.rpartition(".")[0] for m in _graph().modules if "." in m})
    for parent in parents:
        depth = parent.count(".") + 2
        within = [(a, b) for a, b in imports() if a.startswith(f"{parent}.") and b.startswith(f"{parent}.")]
        cut = [tuple(".".join(m.split(".")[:depth]) for m in arrow) for arrow in within]
        found += [c for c in cycles([(a, b) for a, b in cut if a != b]) if c not in found]
    return found


@cache
def floors() -> dict[str, int]:
    """The floor of each room as the import contract has it, the highest is 1."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    [layers] = [c["layers"] for c in settings["contracts"] if c["type"] == "layers"]
    return {room.strip().partition(".")[2]: i for i, layer in enumerate(layers, 1) for room in layer.split("|")}


def upward_imports() -> list[str]:
    """Imports of a room above or beside the importer's."""
    stands = floors()
    return [
        f"{a} imports {b}"
        for a, b in imports()
        if (x := room_of(a)) != (y := room_of(b)) and x in stands and y in stands and stands[x] >= stands[y]
    ]


def rooms_without_floor() -> list[str]:
    """Rooms that the import contract forgot; the package's front door and `python -m` stand above all."""
    rooms = {room_of(m) for m in _graph().modules if m != PACKAGE}
    return sorted(rooms - set(floors()) - {"__main__", "presets"})


def private_imports() -> list[str]:
    """What modules read of others that is private to them."""
    return [f"{name_of(path)}: {read}" for path in MODULES for read in private_reads(path)]


def comments_and_code(text: str) -> tuple[int, int]:
    """Lines that bear a comment to a reader, and lines of code: neither blank, nor a comment alone, nor docstrings."""
    comments, code = set(), set()
    nothing = (tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER, tokenize.ENCODING)
    alone = True  # whether the next token begins a statement
    for token in tokenize.tokenize(io.BytesIO(text.encode()).readline):
        if token.type == tokenize.COMMENT:
            if not token.string.startswith(DIRECTIVES):
                comments.add(token.start[0])
        elif token.type == tokenize.STRING and alone:
            alone = False
        elif token.type not in nothing:
            code.update(range(token.start[0], token.end[0] + 1))
            alone = False
        elif token.type == tokenize.NEWLINE:
            alone = True
    return len(comments), len(code)


@cache
def comment_share() -> float:
    """Comment lines per code line of the whole package."""
    counts = [comments_and_code(p.read_text(encoding="utf-8")) for p in MODULES]
    return sum(c for c, _ in counts) / sum(c for _, c in counts)


def table() -> list[tuple[str, str]]:
    """What is measured, and what was found."""
    sizes, found = np.array(list(file_lines().values())), functions()
    lines, code, parameters = (np.array([getattr(f, key) for f in found]) for key in ("lines", "code", "parameters"))
    room, share = next(iter(room_shares().items()))
    return [
        ("files", f"{len(sizes)}"),
        ("lines", f"{sizes.sum()}"),
        ("lines of a file: median / p90 / max", _percentiles(sizes, 50, 90, 100)),
        ("functions", f"{len(found)}"),
        ("lines of a function: median / p95 / max", _percentiles(lines, 50, 95, 100)),
        ("without its docstring", _percentiles(code, 50, 95, 100)),
        ("parameters: median / p95 / max", _percentiles(parameters, 50, 95, 100)),
        ("the largest room's share of lines", f"{100 * share:.1f} % ({room})"),
        ("private imports across folders", f"{len(private_imports())}"),
        ("import cycles", f"{len(import_cycles())}"),
        ("upward imports", f"{len(upward_imports())}"),
        ("comment lines per code line", f"{100 * comment_share():.1f} %"),
    ]


def _percentiles(values: np.ndarray, *shares: int) -> str:
    return " / ".join(f"{v:.0f}" for v in np.percentile(values, shares))


def main(most: int = 60, widest: int = 8) -> None:
    """Print the table, and whoever is above the limits."""
    rows = table()
    width = max(len(name) for name, _ in rows)
    sys.stdout.writelines(f"{name:<{width}}  {value}\n" for name, value in rows)
    for f in sorted(functions(), key=lambda f: -f.code):
        if f.lines > most:
            print(f"{f.lines} lines ({f.code} without its docstring): {f.name}")
    for f in sorted(functions(), key=lambda f: -f.parameters):
        if f.parameters > widest:
            print(f"{f.parameters} parameters: {f.name}")
    for line in (*private_imports(), *map(" <-> ".join, import_cycles()), *upward_imports()):
        print(line)


if __name__ == "__main__":
    main()
