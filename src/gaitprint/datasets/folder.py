"""A tree of one's own: a pattern says which level of folders tells what."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from gaitprint.archives import Files
from gaitprint.components import Component
from gaitprint.config import require, require_lists
from gaitprint.layouts.contract import FoundSequence, Split
from gaitprint.layouts.miniature import figure, write_images
from gaitprint.layouts.partition import partition_split, partition_splits
from gaitprint.layouts.tree import Level, Tree, walk
from gaitprint.types import SequenceRecord

FIELDS = ("subject", "condition", "view")
_TOKEN = re.compile(r"\{(\w*)\}|\*")


@dataclass(frozen=True)
class FolderSettings:
    """Settings that say how the tree is read."""

    pattern: str = "{subject}/{condition}/{view}"
    """One part a level of folders, with {subject}, {condition} and {view} where their names stand.

    A level may hold several (`{subject}_{view}`); a field that stands twice is joined by `-`; `*` is any name.
    """
    condition: str = "default"
    """The condition of all sequences, where the pattern has none."""
    view: str = "default"
    """The view of all sequences, where the pattern has none."""
    unknown: tuple[str, ...] = ()
    """Subject names that mean nobody known, for example `probe`. Without {subject} everybody is unknown."""
    partition: str = ""
    """A JSON file {"TRAIN_SET": [...], "TEST_SET": [...]}; without one every subject is tested."""

    def __post_init__(self) -> None:
        require_lists(self)
        parts = self.pattern.split("/")
        fields: list[str] = re.findall(r"\{([^}]*)\}", self.pattern)
        wrong = next((f for f in fields if f not in FIELDS), None)
        require(wrong is None, f"pattern knows {{subject}}, {{condition}} and {{view}}, found {{{wrong}}}")
        require(all(parts), f"pattern is one name a level, such as '{{subject}}/{{view}}', found {self.pattern!r}")
        require(bool(fields), f"pattern needs a field such as {{subject}}, found {self.pattern!r}")
        require(".." not in parts, "pattern starts at the data set's root and may not climb out of it with '..'")
        require("}{" not in self.pattern, "two fields of a level need something between them, such as '_'")


class Folder:
    """Folders of any depth; each leaf holds images or one array file."""

    title = "folder: any tree of one's own, read by a pattern of its levels"
    protocols: tuple[str, ...] = ()
    strictness = 0
    drawn = False

    def __init__(self, settings: FolderSettings) -> None:
        self.settings = settings
        self.splits: tuple[str, ...] = partition_splits(settings.partition)

    def scan(self, files: Files) -> list[FoundSequence]:
        """See `Layout.scan`."""
        levels = [_level(part) for part in self.settings.pattern.split("/")]
        tree = Tree("folder", tuple(Level(f"'{part}'", part, level.pattern) for part, level in levels))
        sequences = []
        for leaf in walk(files, tree):
            values: dict[str, list[str]] = {field: [] for field in FIELDS}
            for name, (_, level) in zip(leaf.names, levels, strict=True):
                match = level.fullmatch(name)
                for group, value in (match.groupdict() if match else {}).items():
                    # the number that `_level` gave the group
                    values[group.rstrip("0123456789")].append(value)
            sequences.append(FoundSequence(self._record(leaf.names, values), leaf.place))
        return sequences

    def split(self, name: str | None, subjects: Iterable[str]) -> Split:
        """Split by the partition file; see `Layout.split`."""
        return partition_split("folder", self.settings.partition, name, subjects)

    def write_miniature(self, root: Path) -> None:
        """Three subjects, two conditions, two views, as images that are yet to be normalised."""
        for number, subject in enumerate(("anna", "ben", "cleo")):
            for condition in ("day", "night"):
                for view in ("left", "right"):
                    write_images(Path(root) / subject / condition / view, figure(number, height=120, width=160))

    def _record(self, names: tuple[str, ...], values: dict[str, list[str]]) -> SequenceRecord:
        subject = "-".join(values["subject"])
        return SequenceRecord(
            "/".join(names),
            None if not subject or subject in self.settings.unknown else subject,
            "-".join(values["condition"]) or self.settings.condition,
            "-".join(values["view"]) or self.settings.view,
        )


def _level(part: str) -> tuple[str, re.Pattern[str]]:
    """The regular expression of one level; a field's groups are numbered so that it may stand twice."""
    result, end = "", 0
    for count, token in enumerate(_TOKEN.finditer(part)):
        result += re.escape(part[end : token.start()])
        result += f"(?P<{token.group(1)}{count}>.+?)" if token.group(1) else ".*"
        end = token.end()
    return part, re.compile(result + re.escape(part[end:]))


component = Component(FolderSettings, Folder)
