"""What a leading underscore says: read in the own folder (a module) or the own module (a name), and nowhere else."""

import ast
from collections.abc import Iterator
from pathlib import Path

from house_files import SOURCE, parsed


def private_reads(path: Path, root: Path = SOURCE.parent) -> list[str]:
    """What a module reads of others that is private to them, with the line: `gaitprint.store._base, line 3`.

    Args:
        path: the module.
        root: the folder that holds the package.
    """
    here = path.relative_to(root).parts[:-1]
    found, imported = [], set()
    for line, module, name in _imports(parsed(path), here[0] if here else ""):
        parts = tuple(module.split("."))
        if name and (root.joinpath(*parts, name).is_dir() or root.joinpath(*parts, f"{name}.py").is_file()):
            parts, name = (*parts, name), None  # a module by the name of its folder
        outside = [i for i, part in enumerate(parts) if _private(part) and parts[:i] != here]
        if outside or (name and _private(name)):
            found.append(f"{'.'.join(parts)}{f'.{name}' if name else ''}, line {line}")
        imported.add(name or parts[-1])
    found += [
        f"{ast.unparse(node)}, line {node.lineno}"
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Attribute)
        and _private(node.attr)
        and isinstance(node.value, ast.Name)
        and node.value.id in imported
    ]
    return found


def _imports(tree: ast.Module, package: str) -> Iterator[tuple[int, str, str | None]]:
    """Line, module and name of everything that is imported from the own package."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, a.name, None) for a in node.names if a.name.split(".")[0] == package)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == package:
            yield from ((node.lineno, node.module or "", a.name) for a in node.names)


def _private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")
