"""`gaitprint eval explain`."""

from pathlib import Path
from typing import Any

import click
from rich.console import Console

from gaitprint.cli.common import SEED, as_json, device_option, emit, print_table, set_threads, threads_option
from gaitprint.cli.kinds import PLACE
from gaitprint.cli.model_choice import chosen_models
from gaitprint.cli.option_groups import FieldOption, OptionGroup
from gaitprint.cli.options import fusion_option, lists_option, protocol_option
from gaitprint.cli.pipeline_options import pipeline_options

_REQUEST = "gaitprint.explanation.request:ExplainRequest"


def _request(**asked: Any) -> Any:
    from gaitprint.explanation.request import ExplainRequest

    return ExplainRequest(**{**asked, "lists": asked["lists"] or {}})


request_options = OptionGroup(
    "request",
    _request,
    click.option("--probe", required=True, metavar="KEY", help="The walk that is asked about, such as 003/nm-05/090."),
    click.option(
        "--against",
        multiple=True,
        metavar="KEY",
        help="The walk to compare it with. Repeatable.  [default: the nearest of the right person and of a wrong one]",
    ),
    click.option(
        "--embeddings",
        type=PLACE,
        metavar="FILE",
        help="Of the same networks: where the nearest walks are found, and how usual a distance is.",
    ),
    protocol_option,
    lists_option,
    pipeline_options,
    fusion_option,
    click.option("--seed", cls=FieldOption, of=_REQUEST, **SEED),
)


@click.command(short_help="Which strips and moments make a match.")
@click.argument("store", type=PLACE)
@click.option(
    "--model",
    "models",
    type=PLACE,
    multiple=True,
    metavar="FILE",
    help="Model file; several in the order in which the embeddings were made.  [default: the shipped weights]",
)
@request_options
@click.option("--out", type=PLACE, metavar="FILE.html", help="Page to write, one file.")
@click.option("--figure", type=PLACE, metavar="FILE.png", help="Picture to write.")
@device_option
@threads_option
@as_json
def explain(
    store: Path,
    models: tuple[Path, ...],
    request: Any,
    out: Path | None,
    figure: Path | None,
    device: str,
    threads: int | None,
    as_json: bool,
) -> None:
    """Show which strips of the body and which moments make two walks of STORE alike or not.

    Without --against the probe is set beside the nearest walk of its own person and the nearest walk of anybody else.
    The strips' shares are exact and add up to the distance. With --embeddings the page also says how usual such
    distances are among other people.

    The pipeline is one scorer whose distance is a sum over parts: euclidean, part-mean, or one of yours.

    \b
    Examples:
      gaitprint eval explain store --model gl/model.safetensors \\
        --embeddings gl.safetensors --probe 003/nm-05/090 --out why.html
      gaitprint eval explain store --model gl/model.safetensors \\
        --probe 003/nm-05/090 --against 004/nm-01/090 --out why.html
    """
    from gaitprint.stages.explain import explain as stage

    set_threads(threads)
    result = stage(store, chosen_models(models), request, out=out, figure=figure, device=device)
    values: dict[str, Any] = result.to_dict()

    def text(console: Console) -> None:
        for sentence in result.findings:
            console.print(sentence)
        columns = ["rows", "region", *(c.role + " %" for c in result.against)]
        rows = [
            [f"{s['rows'][0] + 1}-{s['rows'][1]}", s["region"]]
            + [f"{100 * c.strips[i] / (c.total or 1.0):.1f}" for c in result.against]
            for i, s in enumerate(values["strips"])
        ]
        console.print()
        print_table(console, columns, rows)
        for warning in result.warnings:
            console.print(f"note: {warning}")
        for path in (out, figure):
            if path is not None:
                console.print(f"written: {path}")

    emit(values, as_json, text)
