"""`gaitprint gallery remove`, `restore`, `purge`, `undo`, `check`, `backup`, `export` and `import`."""

from pathlib import Path
from typing import Any

import click
from rich.console import Console

from gaitprint.cli.common import as_json, emit
from gaitprint.cli.gallery_options import gallery_argument, samples_option, say, several_argument
from gaitprint.cli.kinds import PLACE
from gaitprint.errors import ArtefactError


@click.command(short_help="People or walks out of every answer; they can come back.")
@gallery_argument
@several_argument
@samples_option
@as_json
def remove(gallery: Path, who: tuple[str, ...], samples: tuple[int, ...], as_json: bool) -> None:
    """Take the people WHO, or single walks, out of every answer. `restore` brings them back.

    \b
    Examples:
      gaitprint gallery remove staff.gallery Anna id:7
      gaitprint gallery remove staff.gallery --sample 12
    """
    from gaitprint.gallery.gallery import Gallery

    with Gallery.open(gallery) as opened:
        opened.remove(*who, samples=samples)
    say("removed; `gaitprint gallery restore` brings them back", {"people": who, "samples": samples}, as_json)


@click.command(short_help="What was removed, back again.")
@gallery_argument
@several_argument
@samples_option
@as_json
def restore(gallery: Path, who: tuple[str, ...], samples: tuple[int, ...], as_json: bool) -> None:
    """Bring back people or walks that were removed.

    \b
    Examples:
      gaitprint gallery restore staff.gallery Anna
    """
    from gaitprint.gallery.gallery import Gallery

    with Gallery.open(gallery) as opened:
        opened.restore(*who, samples=samples)
    say("restored", {"people": who, "samples": samples}, as_json)


@click.command(short_help="People or walks erased for good.")
@gallery_argument
@several_argument
@samples_option
@click.option("--expired", is_flag=True, help="Also everybody whose day has come.")
@click.option("--removed", is_flag=True, help="Also everybody and every walk that was removed.")
@click.option("--dry-run", is_flag=True, help="Only say who that would be.")
@as_json
def purge(gallery: Path, who: tuple[str, ...], samples: tuple[int, ...], as_json: bool, **how: Any) -> None:
    """Erase people or walks for good; no byte of them is left in the files.

    It cannot be undone. Backups and exports made before still hold them.

    \b
    Examples:
      gaitprint gallery purge staff.gallery Anna
      gaitprint gallery purge staff.gallery --expired --dry-run
    """
    from gaitprint.gallery.gallery import Gallery

    with Gallery.open(gallery) as opened:
        done = opened.purge(*who, samples=samples, **how)
    ids = " ".join(f"id:{p}" for p in done.people)
    word = "erased" if done.done else "would be erased"
    what = f"{len(done.people)} people, {len(done.samples)} walks, {done.probes} probes of the log"
    say(f"{what} {word} {ids}".rstrip(), done.to_dict(), as_json)


@click.command(short_help="The last correction, set back.")
@gallery_argument
@click.argument("change", type=int, required=False)
@as_json
def undo(gallery: Path, change: int | None, as_json: bool) -> None:
    """Set back the last correction, or CHANGE, a number of `gallery log --audit`.

    \b
    Examples:
      gaitprint gallery undo staff.gallery
    """
    from gaitprint.gallery.gallery import Gallery

    with Gallery.open(gallery) as opened:
        line, verb = opened.undo(change)
    say(f"undone: {verb}, change {line}", {"change": line, "verb": verb}, as_json)


@click.command(short_help="Every row, checksum and line of the audit.")
@gallery_argument
@as_json
def check(gallery: Path, as_json: bool) -> None:
    """Look at all of GALLERY, and finish what was begun. Exits 1 where anything is wrong.

    The last hash of the audit, kept elsewhere, proves later that nothing was cut off.

    \b
    Examples:
      gaitprint gallery check staff.gallery
    """
    from gaitprint.gallery.gallery import Gallery

    with Gallery.open(gallery) as opened:
        report = opened.check()
    emit(report.to_dict(), as_json, lambda out: _print_check(out, report))
    # for scripts: what is wrong was printed
    if report.problems:
        raise ArtefactError(f"{gallery} is not sound: go back to a backup, or erase what is damaged")


def _print_check(out: Console, report: Any) -> None:
    for line in report.problems:
        out.print(f"wrong: {line}")
    for line in report.done:
        out.print(line)
    if not report.problems:
        out.print(f"sound: {report.people} people, {report.samples} walks, {report.changes} changes")
        out.print(f"last hash of the audit: {report.audit_head}")


@click.command(short_help="A whole copy while others go on, proven to open.")
@gallery_argument
@click.argument("out", type=PLACE)
@as_json
def backup(gallery: Path, out: Path, as_json: bool) -> None:
    """Copy GALLERY to the new file OUT, open the copy, and look at all of it.

    A backup is a gallery: to go back to it, put it in the place of the other.

    \b
    Examples:
      gaitprint gallery backup staff.gallery monday.gallery
    """
    from gaitprint.gallery.gallery import Gallery

    with Gallery.open(gallery) as opened:
        report = opened.backup(out)
    say(f"{out}: {report.people} people, {report.samples} walks, opened and sound", report.to_dict(), as_json)


@click.command(short_help="A gallery -> tables and vectors for other programs.")
@gallery_argument
@click.argument("folder", type=PLACE)
@as_json
def export(gallery: Path, folder: Path, as_json: bool) -> None:
    """Write people.csv, samples.csv, templates.safetensors and gallery.json into FOLDER.

    \b
    Examples:
      gaitprint gallery export staff.gallery staff
    """
    from gaitprint.gallery.gallery import Gallery

    with Gallery.open(gallery) as opened:
        people, samples = opened.export(folder)
    say(f"{folder}: {people} people, {samples} walks", {"people": people, "samples": samples}, as_json)


@click.command("import", short_help="An exported folder -> a new gallery.")
@gallery_argument
@click.argument("folder", type=PLACE)
@as_json
def import_(gallery: Path, folder: Path, as_json: bool) -> None:
    """Make the new file GALLERY of FOLDER, as `export` wrote it.

    \b
    Examples:
      gaitprint gallery import copy.gallery staff
    """
    from gaitprint.gallery.gallery import Gallery

    with Gallery.import_from(gallery, folder) as opened:
        people = opened.people()
    walks = sum(p.samples for p in people)
    say(f"{gallery}: {len(people)} people, {walks} walks", {"people": len(people), "samples": walks}, as_json)
