"""Any data set in the three processed levels of the field's reference toolkit, with its partition file."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from gaitprint.archives import Files
from gaitprint.components import Component
from gaitprint.errors import DataError
from gaitprint.layouts.contract import FoundSequence, Split
from gaitprint.layouts.miniature import figure, write_array
from gaitprint.layouts.partition import partition_split, partition_splits
from gaitprint.layouts.tree import Level, Tree, walk
from gaitprint.types import SequenceRecord

PARTS = frozenset({"train", "test", "gallery", "test_gallery", "query"})
TREE = Tree("opengait", (Level("subject", "001"), Level("condition", "nm-01"), Level("view", "090")))


@dataclass(frozen=True)
class OpengaitSettings:
    """The setting that names the partition file."""

    partition: str = ""
    """A JSON file {"TRAIN_SET": [...], "TEST_SET": [...]}; without one there is no split, every subject is tested."""


class Opengait:
    """The tree `<subject>/<condition>/<view>`, with any names; a subject called `probe` is nobody known."""

    title = "opengait: any data set in processed subject/condition/view folders, with a partition file"
    protocols: tuple[str, ...] = ()
    strictness = 1
    drawn = False

    def __init__(self, settings: OpengaitSettings) -> None:
        self.settings = settings
        self.splits: tuple[str, ...] = partition_splits(settings.partition)

    def scan(self, files: Files) -> list[FoundSequence]:
        """See `Layout.scan`.

        Raises:
            DataError: the folders are parts (a gallery), not people, who would all become one.
        """
        parts = sorted(name for name in files.list().folders if name.lower() in PARTS)
        if parts:
            raise DataError(
                f"opengait: expected folders of people at the top of {files.where}, found {parts[0]!r}, a part of a "
                "data set: --dataset hid reads train, gallery and probe; --dataset folder any levels, such as "
                "--set 'pattern={condition}/{subject}/{view}'"
            )
        sequences = []
        for leaf in walk(files, TREE):
            subject, condition, view = leaf.names
            record = SequenceRecord("/".join(leaf.names), None if subject == "probe" else subject, condition, view)
            sequences.append(FoundSequence(record, leaf.place))
        return sequences

    def split(self, name: str | None, subjects: Iterable[str]) -> Split:
        """Split by the partition file; see `Layout.split`."""
        return partition_split("opengait", self.settings.partition, name, subjects)

    def write_miniature(self, root: Path) -> None:
        """Four subjects, two conditions, two views, names of its own."""
        for number, subject in enumerate(("anna", "ben", "cleo", "dora")):
            for condition in ("day-00", "day-01"):
                for view in ("left", "right"):
                    write_array(Path(root) / subject / condition / view, figure(number))


component = Component(OpengaitSettings, Opengait)
