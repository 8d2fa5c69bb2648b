"""`gaitprint model convert` for configurations: the reference toolkit's YAML in, a recipe of ours out."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, get_args

import tomli_w

from gaitprint.atomic_files import write_text
from gaitprint.errors import ConfigError
from gaitprint.interop.key_ledger import KeyNote, Outcome
from gaitprint.interop.yaml_reading import read_yaml
from gaitprint.interop.yaml_recipe import yaml_to_recipe

OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
"""What can become of a key, in the order in which people are told."""


@dataclass(frozen=True)
class ConvertRecipeReport:
    """What a configuration became, key by key."""

    recipe: str
    """The file that was written; `gaitprint model train --recipe` takes it."""
    source: str
    """The name of the configuration."""
    settings: dict[str, Any]
    """What stands in the file."""
    notes: tuple[KeyNote, ...]
    """One for every key of the configuration: used, changed or unused; and for those it left out: assumed."""

    def of(self, outcome: Outcome) -> list[KeyNote]:
        """The notes with that outcome."""
        return [note for note in self.notes if note.outcome == outcome]

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


def convert_recipe(config: Path, out: Path) -> ConvertRecipeReport:
    """Write a recipe that trains as a configuration of the reference toolkit says, as nearly as there are counterparts.

    Args:
        config: a .yaml; read as plain values alone.
        out: the .toml to write.

    Raises:
        GaitprintError: in one line; nothing is written.
    """
    source, out = Path(config), Path(out)
    if out.suffix != ".toml":
        raise ConfigError(f"a recipe's name ends in .toml, found {out.name!r}: choose such a name for {source.name!r}")
    if out.exists():
        raise ConfigError(f"{out} exists already: choose another name or remove it")
    values = read_yaml(source)
    name = source.name.encode("utf-8", "backslashreplace").decode()
    try:
        converted = yaml_to_recipe(values, f"Converted from {name}")
    except ConfigError as error:
        raise ConfigError(f"{source}: {error}") from None
    write_text(out, tomli_w.dumps(converted.values))
    return ConvertRecipeReport(str(out), name, converted.values, converted.notes)
