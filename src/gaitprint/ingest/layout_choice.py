"""Which layout a data set's folders have, as somebody names it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gaitprint.arguments import settle_fields
from gaitprint.layouts.partition import NAME


@dataclass(frozen=True)
class LayoutChoice:
    """A layout by its name, with its settings; as it stands, the published ones are tried."""

    dataset: str = "auto"
    """A layout's name, see `gaitprint data list`; "auto" takes the first published one that fits."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Of the layout, for example `{"pattern": "{subject}/{view}"}` of the data set "folder"; of every data set,
    `partition` is a JSON file of who trains and who is tested."""

    def __post_init__(self) -> None:
        settle_fields(self)

    @property
    def own(self) -> dict[str, Any]:
        """The settings that the layout itself reads."""
        return {key: value for key, value in self.settings.items() if key != NAME}

    @property
    def partition(self) -> Path | None:
        """The file of who trains and who is tested; None: as the layout or the source has it."""
        given = self.settings.get(NAME)
        return None if given is None else Path(str(given))
