"""`gaitprint gallery identify`, `verify` and `log`."""

from pathlib import Path
from typing import Any

import click
from rich.console import Console

from gaitprint.cli.common import as_json, emit, print_table
from gaitprint.cli.gallery_options import gallery_argument, say, source_options, tags_option, who_argument
from gaitprint.cli.kinds import PLACE, Count, Dependent
from gaitprint.cli.progress import progress_bar


@click.command(short_help="Walks -> who they are of the enrolled, or unknown.")
@gallery_argument
@click.argument("walks", type=PLACE, required=False)
@click.option("--again", type=int, metavar="ID", help="A probe of the log, in place of WALKS.")
@click.option("--top", default=5, show_default=True, type=Count(1, 10_000), help="People to list.")
@tags_option
@click.option("--camera", default="", metavar="NAME", help="Where they were seen, for the log.")
@click.option("--no-log", is_flag=True, help="Keep nothing of them.")
@source_options
@as_json
def identify(
    gallery: Path,
    walks: Path | None,
    again: int | None,
    source: Any,
    as_json: bool,
    **how: Any,
) -> None:
    """Say who each of WALKS is, with the nearest people, and how far away the next is; of a clip everybody in it.

    Unknown is whoever is further away than few enough strangers come; before `gallery calibrate` everybody is. "false
    alarms" is how many of 1,000 strangers come as near; "sure" the probability that it is the nearest person, where as
    many of those who are asked about are enrolled as `gallery calibrate --known-share` says.

    \b
    Examples:
      gaitprint gallery identify staff.gallery probes.safetensors
      gaitprint gallery identify staff.gallery walks/anna/monday \\
        --top 3
      gaitprint gallery identify staff.gallery --again 17
    """
    from gaitprint.gallery.gallery import Gallery
    from gaitprint.stages.gallery_identify import identify_walks

    how["log"] = not how.pop("no_log")
    if again is not None and walks is None:
        with Gallery.open(gallery) as opened:
            answers = [opened.identify_again(again, how["top"])]
    elif walks is None or again is not None:
        raise click.UsageError("give WALKS, or --again with a number of the log")
    else:
        with progress_bar("identifying") as bar:
            answers = identify_walks(gallery, source(walks), progress=bar.update, **how)
    emit([a.to_dict() for a in answers], as_json, lambda out: _print_answers(out, answers))


def _print_answers(out: Console, answers: list[Any]) -> None:
    rows = []
    for a in answers:
        for i, c in enumerate(a.candidates or [None]):
            # the answer stands once, beside the nearest
            head = [a.key, a.name] if i == 0 else ["", ""]
            if c is None:
                rows.append([*head, "", "", "", "", "", a.reason])
                continue
            why = c.denied or (a.reason if i == 0 else "")
            alarms = "" if c.false_alarms is None else f"{c.false_alarms:.0f}"
            sure = "" if i or a.probability is None else f"{100 * a.probability:.0f}"
            rows.append([*head, f"id:{c.person} {c.name}", f"{c.distance:.4g}", alarms, sure, c.key, why])
    columns = ["walk", "answer", "nearest", "distance", "false alarms", "sure %", "by the walk", "why"]
    use = [i for i, name in enumerate(columns) if name != "sure %" or any(row[i] for row in rows)]
    print_table(out, [columns[i] for i in use], [[row[i] for i in use] for row in rows])
    for note in sorted({note for a in answers for note in a.notes}):
        out.print(f"note: {note}")


@click.command(short_help="A walk and a person -> yes or no.")
@gallery_argument
@click.argument("walk", type=PLACE)
@who_argument
@source_options
@as_json
def verify(gallery: Path, walk: Path, who: str, source: Any, as_json: bool) -> None:
    """Say whether WALK is of the person WHO, a name or id:3, by all walks of theirs.

    \b
    Examples:
      gaitprint gallery verify staff.gallery probe.safetensors Anna
      gaitprint gallery verify staff.gallery walks/door id:3
    """
    from gaitprint.gallery.gallery import Gallery
    from gaitprint.stages.gallery_enroll import open_walks

    with Gallery.open(gallery) as opened:
        answer = opened.verify(open_walks(source(walk)).embeddings, who)
    word = {True: "yes", False: "no", None: "not calibrated"}[answer.accepted]
    near = f"distance {answer.distance:.4g} by the walk {answer.key}"
    limit = "" if answer.threshold is None else f", yes up to {answer.threshold:.4g}"
    say(f"{word}: id:{answer.person} {answer.name}, {near}{limit}", answer.to_dict(), as_json)


@click.command(short_help="Who was asked about, and whether somebody was here before.")
@gallery_argument
@click.option("--like", type=PLACE, metavar="WALK", help="List those nearest to this walk: was it here before?")
@click.option("--last", default=50, show_default=True, type=Count(1, 1_000_000), help="How many to list.")
@click.option(
    "--audit", is_flag=True, cls=Dependent, excludes="like", why="is of changes", help="List the changes instead."
)
@click.option(
    "--unknown",
    is_flag=True,
    cls=Dependent,
    excludes="like",
    why="is of people who are not enrolled",
    help="List who was seen and is not enrolled, the most seen first: probes that are alike together.",
)
@source_options
@as_json
def log(gallery: Path, like: Path | None, last: int, source: Any, as_json: bool, **what: bool) -> None:
    """List the probes that are kept, newest first, as long as the gallery's --retention says.

    \b
    Examples:
      gaitprint gallery log yard.gallery
      gaitprint gallery log yard.gallery --like probe.safetensors --last 3
      gaitprint gallery log yard.gallery --unknown
      gaitprint gallery log yard.gallery --audit
    """
    from gaitprint.gallery.gallery import Gallery
    from gaitprint.stages.gallery_enroll import open_walks

    with Gallery.open(gallery) as opened:
        if what["unknown"]:
            _emit_unknowns(opened.unknowns()[:last], as_json)
            return
        if what["audit"]:
            lines = opened.audit()[-last:]
            rows = [[f"{a['change']}", a["at"], a["verb"], str(a["details"])] for a in lines]
            emit(lines, as_json, lambda out: print_table(out, ["change", "when", "what", "of"], rows))
            return
        walk = None if like is None else open_walks(source(like)).embeddings
        probes = opened.log(walk, last)
    rows = [
        [f"{p.id}", p.seen, p.camera, p.key, "unknown" if p.person is None else f"id:{p.person}", p.decision,
         "" if p.like is None else f"{p.like:.4g}"]
        for p in probes
    ]  # fmt: skip
    columns = ["id", "seen", "camera", "walk", "answer", "decision", "distance to WALK"]
    emit([p.to_dict() for p in probes], as_json, lambda out: print_table(out, columns, rows))


def _emit_unknowns(groups: list[Any], as_json: bool) -> None:
    rows = [
        [f"{g.times}", g.first, g.last, " ".join(g.cameras), f"{g.spread:.4g}", ",".join(map(str, g.probes))]
        for g in groups
    ]
    columns = ["seen", "first", "last", "cameras", "spread", "probes, for enroll --from-log"]
    emit([g.to_dict() for g in groups], as_json, lambda out: print_table(out, columns, rows))
