"""`gaitprint eval submit`."""

from pathlib import Path
from typing import Any

import click

from gaitprint.cli.common import as_json, emit
from gaitprint.cli.completion import offer, protocols
from gaitprint.cli.kinds import PLACE
from gaitprint.cli.option_groups import FieldOption, OptionGroup
from gaitprint.cli.options import lists_option, memory_option
from gaitprint.cli.pipeline_options import pipeline_options
from gaitprint.cli.progress import progress_bar

_FORMAT = "gaitprint.evaluation.identification.answer_format:AnswerFormat"


def _format(form: str, header: str) -> Any:
    from gaitprint.evaluation.identification.answer_format import AnswerFormat

    if form == "grew" and header != AnswerFormat.header:
        raise click.UsageError(f"--header {header} is of HID files, a GREW file has its own: leave it or --form out")
    return AnswerFormat(form, header)


format_options = OptionGroup(
    "answer_format",
    _format,
    click.option(
        "--form",
        cls=FieldOption,
        of=_FORMAT,
        type=click.Choice(["hid", "grew"]),
        show_default=True,
        help="hid: one subject a probe; grew: the twenty nearest.",
    ),
    click.option(
        "--header",
        cls=FieldOption,
        of=_FORMAT,
        type=click.Choice(["label", "subjectID"]),
        show_default=True,
        help="Second column of a HID file; its first editions wanted subjectID.",
    ),
)


@click.command(short_help="Write a competition's answer file.")
@click.argument("embeddings", type=PLACE)
@click.option("--out", type=PLACE, required=True, help="The .csv file to write.")
@format_options
@click.option(
    "--protocol",
    shell_complete=offer(protocols, files=True),
    metavar="NAME",
    help="Who is probe and who gallery: a shipped protocol or a .toml of your own.  [default: the form's own]",
)
@pipeline_options
@lists_option
@memory_option
@as_json
def submit(
    embeddings: Path,
    out: Path,
    answer_format: Any,
    protocol: str | None,
    pipeline: Any,
    lists: dict[str, list[str]] | None,
    memory: int,
    as_json: bool,
) -> None:
    """Name the subject of every probe and write a competition's answer file.

    EMBEDDINGS hold gallery and probes, whose subjects are not known: make them with `gaitprint model embed`, and with
    --part all where no subject of the data set trains. The file is checked before it is written: every probe once, only
    subjects of the gallery, the organisers' header.

    \b
    Examples:
      gaitprint eval submit both.safetensors --out submission.csv
      gaitprint eval submit both.safetensors --pipeline k-reciprocal \\
        --set k-reciprocal.k1=6 --out submission.csv
      gaitprint eval submit both.safetensors --form grew --out submission.csv
    """
    from gaitprint.retrieval.budget import ComputeBudget
    from gaitprint.stages.submit import submit as stage

    with progress_bar("comparing") as bar:
        work = ComputeBudget(memory=memory, progress=bar.update, say=bar.say_once)
        facts = stage(
            embeddings,
            out,
            answer_format=answer_format,
            protocol=protocol,
            pipeline=pipeline,
            lists=lists,
            work=work,
        )
    note = "; transductive: sees all probes" if facts["transductive"] else ""
    lines = [f"{out}: {facts['probes']} probes, {facts['subjects']} subjects; {facts['compared']}{note}"]
    lines += [f"note: {warning}" for warning in facts["warnings"]]
    emit(facts, as_json, lambda console: console.print("\n".join(lines), markup=False))
