"""`gaitprint eval tune`."""

from pathlib import Path
from typing import Any

import click
from rich.console import Console

from gaitprint.cli.common import as_json, emit, print_table, split_option
from gaitprint.cli.kinds import PLACE
from gaitprint.cli.option_groups import FieldOption, OptionGroup
from gaitprint.cli.options import report_option
from gaitprint.cli.request_options import request_without_pipeline, told


def _settings(**asked: Any) -> Any:
    from gaitprint.tuning.settings import TuneSettings

    return TuneSettings(**asked)


_TUNE = "gaitprint.tuning.settings:TuneSettings"
tune_options = OptionGroup(
    "settings",
    _settings,
    click.option(
        "--folds",
        cls=FieldOption,
        of=_TUNE,
        type=int,
        show_default=True,
        metavar="COUNT",
        help="Groups of subjects: one measures, others choose.",
    ),
    click.option(
        "--repeats",
        cls=FieldOption,
        of=_TUNE,
        type=int,
        show_default=True,
        metavar="COUNT",
        help="How often subjects are cut into folds.",
    ),
    split_option,
    click.option(
        "--yes-these-are-test-subjects",
        "test_subjects",
        is_flag=True,
        help="Let test subjects choose; the settings then say so, and figures on these subjects do not count as a "
        "test.",
    ),
    click.option(
        "--step",
        "steps",
        multiple=True,
        metavar="NAME",
        help="A transform or scorer of another package to try as well, by its dotted name. Repeatable.",
    ),
    click.option(
        "--equal-numbers",
        is_flag=True,
        help="Subjects of the test have equally many probes, as a competition promises: also try expansion that "
        "supposes it. Where it is not so, that does harm.",
    ),
)
"""Gives a command its `settings`, a `TuneSettings`."""


@click.command(short_help="Retrieval settings, chosen on training subjects.")
@click.argument("embeddings", nargs=-1, required=True, type=PLACE)
@click.option(
    "--out",
    required=True,
    type=PLACE,
    metavar="FILE.toml",
    help="Settings to write, for --pipeline of other commands. Evidence (.json) and journal (.jsonl) lie beside it.",
)
@request_without_pipeline
@tune_options
@click.option(
    "--store",
    type=PLACE,
    metavar="STORE",
    help="Whose layout knows the split, where the data set is no published one.",
)
@report_option
@as_json
def tune(
    embeddings: tuple[Path, ...],
    out: Path,
    request: Any,
    settings: Any,
    store: Path | None,
    report: Path | None,
    as_json: bool,
) -> None:
    """Choose distance, re-ranking, query expansion and weights of networks on training subjects.

    EMBEDDINGS are of training subjects, best of some that the network was not trained on; several files are one network
    each, of the same sequences. Half the subjects choose, the other half measures in a gallery of its own, many times
    over. What does not beat the simpler settings beyond its 95 % interval is refused. A stopped tuning goes on where it
    was.

    \b
    Examples:
      gaitprint eval tune train.safetensors --protocol hid-draws --out tuned.toml
      gaitprint eval tune gl.safetensors gm.safetensors --protocol hid-draws \\
        --views 072,090,108 --out tuned.toml --report tuned.html
      gaitprint eval identify test.safetensors --pipeline tuned.toml
    """
    from gaitprint.stages.tune import tune as stage
    from gaitprint.tuning.result import points

    with told(request, "tuning") as asked:
        result = stage(embeddings, out, asked, settings, store=store, report=report)

    def text(out_: Console) -> None:
        rows = []
        for found in result.families:
            gain = "" if found.gain is None else f"{points(found.gain)} over {found.against}"
            rows.append([found.family, f"{found.figure:.1f}", gain, "taken" if found.taken else "refused"])
        print_table(out_, ["steps", "rank-1 % of others", "gain", "verdict"], rows)
        out_.print(result.reason)
        out_.print(f"chosen: {result.label}")
        for warning in result.warnings:
            out_.print(f"note: {warning}")
        for name, path in (("settings", out), ("report", report)):
            if path is not None:
                out_.print(f"{name}: {path}")

    emit(result.to_dict(), as_json, text)
