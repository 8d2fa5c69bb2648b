"""`gaitprint gallery create`, `enroll` and `calibrate`."""

from pathlib import Path
from typing import Any

import click
from rich.console import Console

from gaitprint.cli.common import as_json, emit, print_table
from gaitprint.cli.gallery_options import gallery_argument, say, source_options
from gaitprint.cli.kinds import PLACE
from gaitprint.cli.option_groups import FieldOption, OptionGroup
from gaitprint.cli.progress import progress_bar

_DETAILS = "gaitprint.gallery.records:WalkDetails"


@click.command(short_help="An empty gallery, one file.")
@gallery_argument
@click.option(
    "--pipeline",
    default="",
    metavar="STEPS",
    help="How walks are compared: steps that look at two walks alone, such as unit-length.  [default: euclidean]",
)
@click.option(
    "--retention",
    type=click.FloatRange(min=0),
    default=0.0,
    metavar="DAYS",
    help="Keep who is asked about so long, to be searched by `gallery log`.  [default: not at all]",
)
@click.option(
    "--keep-walks",
    is_flag=True,
    help="Keep silhouettes beside vectors: to look at, and to go over to another model by `gallery re-embed`.",
)
@click.option(
    "--encrypt",
    "keys",
    type=PLACE,
    metavar="KEYS",
    help="Seal names, vectors and walks by keys in this new file: keep it elsewhere, and out of backups.",
)
@as_json
def create(gallery: Path, pipeline: str, retention: float, keep_walks: bool, keys: Path | None, as_json: bool) -> None:
    """Make the file GALLERY. The first walks enrolled say which model it is of.

    \b
    Examples:
      gaitprint gallery create staff.gallery
      gaitprint gallery create yard.gallery --retention 30 --keep-walks
    """
    from gaitprint.gallery.gallery import Gallery

    Gallery.create(gallery, pipeline=pipeline, retention_days=retention, keep_walks=keep_walks, keys=keys).close()
    say(f"{gallery}: made, nobody is enrolled", {"gallery": str(gallery)}, as_json)


def _details(**given: Any) -> Any:
    from gaitprint.gallery.records import WalkDetails

    return WalkDetails(**given)


details_options = OptionGroup(
    "details",
    _details,
    click.option("--tag", "tags", multiple=True, metavar="WORD", help="Of new people. Repeatable."),
    click.option("--basis", cls=FieldOption, of=_DETAILS, metavar="TEXT", help="The legal basis, of new people."),
    click.option("--expires", cls=FieldOption, of=_DETAILS, metavar="DAY", help="New people are no answer from it on."),
    click.option("--camera", cls=FieldOption, of=_DETAILS, metavar="NAME", help="Which camera saw the walks."),
    click.option("--taken", cls=FieldOption, of=_DETAILS, metavar="WHEN", help="When they were seen."),
)


@click.command(short_help="Walks -> people in a gallery, and a report of the rejects.")
@gallery_argument
@click.argument("walks", type=PLACE, required=False)
@click.option("--name", metavar="NAME", help="Whose walks they are, or id:3.  [default: as WALKS says]")
@click.option("--from-log", metavar="IDS", help="Probes of the log, such as 17,18, in place of WALKS; needs --name.")
@click.option(
    "--track",
    "tracks",
    type=click.IntRange(min=1),
    multiple=True,
    metavar="NUMBER",
    help="Which tracks of a clip are of the person, where it shows several. Repeatable.",
)
@details_options
@source_options
@as_json
def enroll(
    gallery: Path,
    walks: Path | None,
    name: str | None,
    from_log: str | None,
    tracks: tuple[int, ...],
    details: Any,
    source: Any,
    as_json: bool,
) -> None:
    """Enrol WALKS: a file of vectors, a store, a list (.csv), one walk or a clip.

    A list has the columns path, name, condition, view; paths are relative to it. One walk is a folder of images or an
    array file; it and a clip, a video of one person who walks, need --name. Walks of known people join them; walks
    that are there already are passed over, so that an enrolment that was interrupted is simply run again. What is not
    good enough, or fits nobody, is reported.

    \b
    Examples:
      gaitprint gallery enroll staff.gallery known.safetensors
      gaitprint gallery enroll staff.gallery store --model gl.safetensors
      gaitprint gallery enroll staff.gallery list.csv
      gaitprint gallery enroll staff.gallery walks/anna/monday --name Anna \\
        --basis consent --expires 2031-05-31
      gaitprint gallery enroll staff.gallery anna.mp4 --name Anna
      gaitprint gallery enroll yard.gallery --from-log 17,18 --name Postman
    """
    from gaitprint.gallery.gallery import Gallery
    from gaitprint.stages.gallery_enroll import enroll_walks

    if from_log is not None and walks is None:
        with Gallery.open(gallery) as opened:
            report = opened.enroll_from_log(_numbers(from_log), _named(name), details)
    elif walks is None or from_log is not None:
        raise click.UsageError("give WALKS, or --from-log with numbers of the log")
    else:
        with progress_bar("enrolling") as bar:
            report = enroll_walks(gallery, source(walks, name, tracks), details, bar.update)

    def text(out: Console) -> None:
        out.print(f"{len(report.enrolled)} walks enrolled, {report.people} new people, {report.already} were there")
        if report.rejects:
            print_table(out, ["not enrolled", "why"], [[r.key, r.reason] for r in report.rejects])
        for note in report.notes:
            out.print(f"note: {note}")

    emit(report.to_dict(), as_json, text)


def _numbers(text: str) -> list[int]:
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() and len(part) < 19 for part in parts):
        raise click.UsageError(f"--from-log takes numbers of `gallery log` such as 17,18, found {text!r}")
    return [int(part) for part in parts]


def _named(name: str | None) -> str:
    if not name:
        raise click.UsageError("--from-log needs --name: whose walks these are")
    return name


@click.command(short_help="Strangers -> how near one has to be to be named.")
@gallery_argument
@click.option(
    "--strangers",
    type=PLACE,
    metavar="WALKS",
    help="Of people who are not enrolled, as for enroll.  [default: each of the known in turn]",
)
@click.option(
    "--per-1000",
    type=float,
    default=10.0,
    show_default=True,
    metavar="COUNT",
    help="Of 1,000 strangers so many may be named.",
)
@click.option(
    "--known-share",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.5,
    show_default=True,
    metavar="SHARE",
    help="How many of those who are asked about are enrolled: the prior of probabilities.",
)
@source_options
@as_json
def calibrate(
    gallery: Path, strangers: Path | None, per_1000: float, known_share: float, source: Any, as_json: bool
) -> None:
    """Measure how near strangers come; nobody is named beyond what few enough reach.

    Until then everybody is unknown. Take strangers of the same place and cameras: what is measured elsewhere does not
    hold. Do it again when the gallery has grown.

    \b
    Examples:
      gaitprint gallery calibrate staff.gallery
      gaitprint gallery calibrate staff.gallery --strangers others.safetensors \\
        --per-1000 5
    """
    from gaitprint.gallery.gallery import Gallery
    from gaitprint.stages.gallery_enroll import open_walks

    with progress_bar("calibrating") as bar, Gallery.open(gallery) as opened:
        walks = None if strangers is None else open_walks(source(strangers), bar.update).embeddings
        made = opened.calibrate(walks, per_1000=per_1000, known_share=known_share)
    say(made.text(), made.to_dict(), as_json)
