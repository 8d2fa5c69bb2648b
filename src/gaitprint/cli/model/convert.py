"""`gaitprint model convert`."""

from pathlib import Path

import click
from rich.console import Console

from gaitprint.cli.common import as_json, emit
from gaitprint.cli.kinds import PLACE
from gaitprint.cli.lists import expand_subjects


@click.command(short_help="Weights or YAML of other programs -> a model file or a recipe.")
@click.argument("source", type=PLACE)
@click.argument("out", type=PLACE)
@click.option("--keep-classifier", is_flag=True, help="Weights: keep the classifier, for going on with training.")
@click.option("--licence", metavar="TEXT", help="Weights: their licence, for the model file.  [default: unknown]")
@click.option("--dataset", metavar="NAME", help="Weights: the data set they were trained on, such as casia-b.")
@click.option(
    "--subjects",
    callback=lambda _c, _p, v: expand_subjects(v) if v else (),
    metavar="LIST",
    help="Weights: the subjects they were trained on, such as 001-074; figures on others are of people never seen.",
)
@as_json
def convert(
    source: Path,
    out: Path,
    keep_classifier: bool,
    licence: str | None,
    dataset: str | None,
    subjects: tuple[str, ...],
    as_json: bool,
) -> None:
    """Turn weights or a configuration made for other programs into a file of ours, OUT.

    \b
    SOURCE, by the ending of its name:
      .yaml, .yml  a configuration of the field's reference toolkit; OUT is a
                   recipe (.toml) for `gaitprint model train --recipe`
      others       weights of that toolkit (.pt) or of GaitGL's authors (.ptm);
                   OUT is a model file

    Of a configuration every key is named with what became of it: used, changed, or unused with the way out; then what
    the toolkit would have assumed. Of weights the form of the network is read off the tensors; one tensor that finds
    no place is an error. Nothing in SOURCE is run.

    \b
    Examples:
      gaitprint model convert gaitgl.yaml gaitgl.toml
      gaitprint model convert GaitGL-60000.pt gaitgl.safetensors \\
        --dataset casia-b --subjects 001-074
      gaitprint model embed store --model gaitgl.safetensors --out gl.safetensors
    """
    if source.suffix.lower() in (".yaml", ".yml"):
        given = {"keep-classifier": keep_classifier, "licence": licence, "dataset": dataset, "subjects": subjects}
        for name in (name for name, value in given.items() if value):
            raise click.UsageError(f"--{name} is for weights, {source} is a configuration: leave it out")
        _convert_recipe(source, out, as_json)
        return
    from gaitprint.stages.convert import convert as stage

    card = stage(
        source,
        out,
        keep_classifier=keep_classifier,
        licence="unknown" if licence is None else licence,
        dataset=dataset or "",
        subjects=subjects,
    )

    def text(console: Console) -> None:
        console.print(f"{out}: {card.title}")
        for note in card.training["notes"]:
            console.print(note)

    emit(card.to_dict(), as_json, text)


def _convert_recipe(source: Path, out: Path, as_json: bool) -> None:
    from gaitprint.stages.convert_recipe import OUTCOMES, convert_recipe

    report = convert_recipe(source, out)

    def text(console: Console) -> None:
        console.print(f"{report.recipe}: a recipe, made of {report.source}")
        for outcome in OUTCOMES:
            for note in report.of(outcome):
                console.print(f"{outcome:8}{note.key}: {note.text}")

    emit(report.to_dict(), as_json, text)
