"""A YAML file of others as plain values: no tags, no aliases, no key twice, nothing but tables, lists and scalars."""

from pathlib import Path
from typing import Any

import yaml

from gaitprint.errors import ConfigError
from gaitprint.texts import decode_text

MAX_BYTES = 1_000_000
"""Published configurations have some 2,000."""
_PREFIX = "tag:yaml.org,2002:"
_PLAIN = {_PREFIX + kind for kind in ("map", "seq", "str", "int", "float", "bool", "null")}


def read_yaml(path: Path, max_bytes: int = MAX_BYTES) -> dict[str, Any]:
    """The table in a YAML file.

    Raises:
        ConfigError: the file is missing, too large, no text, no YAML, or holds more than plain values.
    """
    try:
        if Path(path).exists() and not Path(path).is_file():
            raise ValueError("it is no regular file")
        with Path(path).open("rb") as stream:
            data = stream.read(max_bytes + 1)
    except FileNotFoundError:
        raise ConfigError(f"no YAML file at {path}: check the path") from None
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} cannot be read: {error}") from None
    if len(data) > max_bytes:
        raise ConfigError(f"{path} has more than {max_bytes} bytes: that is no configuration")
    try:
        values = _parse(decode_text(data))
    except yaml.MarkedYAMLError as error:
        raise ConfigError(f"{path} cannot be read as YAML: {_told(error)}") from None
    except (yaml.YAMLError, ValueError) as error:
        raise ConfigError(f"{path} cannot be read as YAML: {' '.join(str(error).split())}") from None
    except RecursionError:
        raise ConfigError(f"{path} cannot be read as YAML: it is nested too deeply") from None
    if not isinstance(values, dict):
        found = "nothing" if values is None else type(values).__name__
        raise ConfigError(f"{path}: expected sections such as trainer_cfg, found {found}")
    return values


def _parse(text: str) -> Any:
    # composed first and constructed after the check: construction follows aliases, and a few lines of them make
    # gigabytes
    loader = yaml.SafeLoader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return None
        _check(node)
        return loader.construct_document(node)
    finally:
        loader.dispose()


def _check(root: yaml.Node) -> None:
    """Refuse what is more than plain values. A node that is met again was named by an alias; a billion can be."""
    met: set[int] = set()
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if id(node) in met:
            raise _refused("an alias: write the values out", node)
        met.add(id(node))
        if node.tag not in _PLAIN:
            kind = node.tag.removeprefix(_PREFIX)
            raise _refused(f"a value of the kind {kind!r}: put it in quotes if it is text", node)
        if isinstance(node, yaml.MappingNode):
            _check_keys(node)
            waiting += [value for _, value in node.value]
        elif isinstance(node, yaml.SequenceNode):
            waiting += node.value


def _check_keys(node: yaml.MappingNode) -> None:
    seen: set[str] = set()
    for key, _ in node.value:
        if key.tag == _PREFIX + "merge":
            raise _refused("a merge key (<<): write the values out", key)
        if not isinstance(key, yaml.ScalarNode) or key.tag != _PREFIX + "str":
            raise _refused("a key that is no word", key)
        if key.value in seen:
            raise _refused(f"the key {key.value!r} twice: keep one", key)
        seen.add(key.value)


def _refused(what: str, node: yaml.Node) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=f"found {what}", problem_mark=node.start_mark)


def _told(error: yaml.MarkedYAMLError) -> str:
    """The problem and its line, without the snippets."""
    mark = error.problem_mark or error.context_mark
    where = f"line {mark.line + 1}: " if mark else ""
    return where + " ".join(str(error.problem or error.context).split())
