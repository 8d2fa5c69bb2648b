"""`gaitprint eval tune`."""

from pathlib import Path

import click
from rich.console import Console

from gaitprint.cli.common import as_json, emit, print_table, seed_option, split_option
from gaitprint.cli.kinds import PLACE
from gaitprint.cli.options import (
    chosen_subjects_option,
    conditions_option,
    lists_option,
    memory_option,
    protocol_option,
    report_option,
    views_option,
)
from gaitprint.cli.progress import progress_bar


@click.command(short_help="Retrieval settings, chosen on training subjects.")
@click.argument("embeddings", nargs=-1, required=True, type=PLACE)
@click.option(
    "--out",
    required=True,
    type=PLACE,
    metavar="FILE.toml",
    help="Settings to write, for --pipeline of other commands. Evidence (.json) and journal (.jsonl) lie beside it.",
)
@protocol_option
@click.option(
    "--folds",
    default=2,
    show_default=True,
    metavar="COUNT",
    help="Groups of subjects: one measures, others choose.",
)
@click.option("--repeats", default=5, show_default=True, metavar="COUNT", help="How often subjects are cut into folds.")
@split_option
@click.option(
    "--store",
    type=PLACE,
    metavar="STORE",
    help="Whose layout knows the split, where the data set is no published one.",
)
@click.option(
    "--yes-these-are-test-subjects",
    "test_subjects",
    is_flag=True,
    help="Let test subjects choose; the settings then say so, and figures on these subjects do not count as a test.",
)
@click.option(
    "--equal-numbers",
    is_flag=True,
    help="Subjects of the test have equally many probes, as a competition promises: also try expansion that supposes "
    "it. Where it is not so, that does harm.",
)
@chosen_subjects_option
@views_option
@conditions_option
@lists_option
@report_option
@memory_option
@seed_option
@as_json
def tune(
    embeddings: tuple[Path, ...],
    out: Path,
    protocol: str,
    folds: int,
    repeats: int,
    split: str | None,
    store: Path | None,
    test_subjects: bool,
    equal_numbers: bool,
    subjects: tuple[str, ...] | None,
    views: tuple[str, ...] | None,
    conditions: tuple[str, ...] | None,
    lists: dict[str, list[str]] | None,
    report: Path | None,
    memory: int,
    seed: int,
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
    from gaitprint.retrieval.budget import ComputeBudget
    from gaitprint.stages.tune import tune as stage
    from gaitprint.tuning.result import points

    with progress_bar("tuning") as bar:
        result = stage(
            embeddings,
            out,
            protocol=protocol,
            subjects=subjects,
            views=views,
            conditions=conditions,
            lists=lists,
            folds=folds,
            repeats=repeats,
            split=split,
            store=store,
            test_subjects=test_subjects,
            equal_numbers=equal_numbers,
            report=report,
            seed=seed,
            progress=bar.update,
            work=ComputeBudget(memory=memory),
        )

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
