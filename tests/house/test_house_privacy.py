"""Private means private: no module reads another folder's private modules, nor another module's private names."""

import ast

import pytest
from house_files import MODULES, SOURCE, name_of, parsed
from house_privacy import private_reads

from gaitprint.components import KINDS


def test_nobody_reads_what_is_private_to_others() -> None:
    found = {name_of(path): reads for path in MODULES if (reads := private_reads(path))}
    assert found == {}, "make it public under a name that says what it is, or move it to its only reader"


def test_imports_name_the_whole_path() -> None:
    relative = [
        f"{name_of(path)}:{node.lineno}"
        for path in MODULES
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.ImportFrom) and node.level
    ]
    assert relative == []


def test_component_folders_hold_components_only() -> None:
    """A module with an underscore would be private, not merely no component."""
    folders = [SOURCE.parent.joinpath(*package.split(".")) for package in KINDS.values()]
    others = [
        name_of(path)
        for folder in folders
        for path in folder.glob("*.py")
        if path.name != "__init__.py" and not any(_assigns_component(node) for node in parsed(path).body)
    ]
    assert others == []


def _assigns_component(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign) and [ast.unparse(t) for t in node.targets] == ["component"]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("from package.room._inner import thing", ["package.room._inner.thing, line 1"]),
        ("from package.room import _inner", ["package.room._inner, line 1"]),
        ("import package.room._inner", ["package.room._inner, line 1"]),
        ("from package.room.outer import _thing", ["package.room.outer._thing, line 1"]),
        ("from package.here.outer import _thing", ["package.here.outer._thing, line 1"]),
        ("from package.room import outer\nouter._thing()", ["outer._thing, line 2"]),
        ("from package.room.outer import Thing\nThing._of()", ["Thing._of, line 2"]),
        ("from package.here._inner import thing", []),
        ("from package.here import _inner", []),
        ("from package.room.outer import __name__", []),
        ("from other._inner import _thing", []),
    ],
)
def test_each_way_to_read_what_is_private_is_seen(tmp_path, line, found) -> None:
    for folder in ("room", "here"):
        (tmp_path / "package" / folder).mkdir(parents=True)
        for name in ("_inner.py", "outer.py"):
            (tmp_path / "package" / folder / name).touch()
    module = tmp_path / "package" / "here" / "reader.py"
    module.write_text(line + "\n")
    assert private_reads(module, tmp_path) == found
