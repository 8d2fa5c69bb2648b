"""Options of the commands that measure: what to measure, under which protocol, and the page to write."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from gaitprint.atomic_files import read_json
from gaitprint.cli.completion import offer, protocols
from gaitprint.cli.kinds import PLACE, Count, Dependent
from gaitprint.cli.lists import expand_subjects, split_names
from gaitprint.cli.option_groups import FieldOption
from gaitprint.errors import ConfigError
from gaitprint.evaluation.statistics.interval import Interval
from gaitprint.memory import parse_size

REQUEST = "gaitprint.experiments.request:EvaluationRequest"
VERIFY = "gaitprint.evaluation.verification.settings:VerifySettings"
"""Whose fields are the defaults."""

protocol_option = click.option(
    "--protocol",
    cls=FieldOption,
    of=REQUEST,
    shell_complete=offer(protocols, files=True),
    show_default=True,
    metavar="NAME",
    help="Who is probe and who gallery: a shipped protocol, see `gaitprint data list`, or a .toml of your own.",
)
chosen_subjects_option = click.option(
    "--subjects",
    callback=lambda _c, _p, v: None if v is None else expand_subjects(v),
    metavar="LIST",
    help="Only these subjects, such as 001-060,062.  [default: all]",
)
views_option = click.option(
    "--views",
    callback=lambda _c, _p, v: None if v is None else split_names(v, "--views"),
    metavar="LIST",
    help="Only these views, such as 072,090,108.  [default: all]",
)
conditions_option = click.option(
    "--conditions",
    callback=lambda _c, _p, v: None if v is None else split_names(v, "--conditions"),
    metavar="LIST",
    help="Only these conditions, such as nm-01,nm-05.  [default: all]",
)
report_option = click.option("--report", type=PLACE, metavar="FILE.html", help="Page with figures to write, one file.")
_STORE: dict[str, Any] = {
    "type": PLACE,
    "metavar": "STORE",
    "help": "Show silhouettes of right and wrong matches from this store on the page.",
}
store_option = click.option("--store", **_STORE)
store_of_report_option = click.option("--store", cls=Dependent, needs="report", why="is shown on a page", **_STORE)
memory_option = click.option(
    "--memory",
    cls=FieldOption,
    of="gaitprint.retrieval.budget:ComputeBudget",
    text=lambda size: f"{size / (1 << 30):g}GiB",
    show_default=True,
    callback=lambda _c, _p, v: parse_memory(v),
    metavar="SIZE",
    help="What comparing may hold at once beside the vectors, such as 512MiB or 16GB. Changes no figure.",
)
fusion_option = click.option(
    "--fusion",
    cls=FieldOption,
    of="gaitprint.inference.embed_settings:EmbedSettings",
    type=click.Choice(["raw", "unit"]),
    show_default=True,
    help="Several networks: vectors concatenated as they are, or each at unit length.",
)
splits_option = click.option(
    "--splits",
    cls=FieldOption,
    of=VERIFY,
    show_default=True,
    type=Count(1, 10_000),
    help="How often strangers are drawn.",
)
lists_option = click.option(
    "--lists",
    type=PLACE,
    callback=lambda _c, _p, v: None if v is None else read_lists(v),
    metavar="FILE.json",
    help="Named lists of sequences that a protocol asks for, such as the PROBE_SET of a partition file.",
)


def read_lists(path: Path) -> dict[str, list[str]]:
    """The named lists of a JSON file; the subjects of a partition file (TRAIN_SET, TEST_SET) are no sequences.

    Raises:
        ArtefactError: no such file, or no JSON. ConfigError: it holds something else.
    """
    values = read_json(path, "the file of --lists")
    if not isinstance(values, dict) or not all(
        isinstance(v, list) and all(isinstance(k, str) for k in v) for v in values.values()
    ):
        raise ConfigError(f'{path}: expected named lists of sequences such as {{"PROBE_SET": ["0001-cam1-seq0"]}}')
    return {name: keys for name, keys in values.items() if name not in ("TRAIN_SET", "TEST_SET")}


def named_files(given: Sequence[str]) -> dict[str, Path]:
    """Files by the names they were given, as in `gaitgl=gl.safetensors`.

    Raises:
        ConfigError: one without a name, or a name given twice.
    """
    named: dict[str, Path] = {}
    for item in given:
        name, equals, path = item.partition("=")
        if not equals or not name or not path or name in named:
            raise click.UsageError(
                f"embeddings are given as name=file with different names, such as gaitgl=gl.safetensors, found {item!r}"
            )
        named[name] = Path(path)
    return named


def interval_text(interval: Interval | None) -> str:
    """Both ends, or nothing where there is none."""
    return "" if interval is None else f"{interval.low:.1f} - {interval.high:.1f}"


def parse_memory(text: str) -> int:
    """Bytes of a size such as 512MiB or 16GB.

    Raises:
        ConfigError: it is no such size.
    """
    size = parse_size(text)
    if size is None:
        raise click.UsageError(f"--memory is a size such as 512MiB or 16GB, found {text!r}")
    return size
