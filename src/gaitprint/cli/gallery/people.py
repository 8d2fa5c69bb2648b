"""`gaitprint gallery list`, `show`, `rename`, `tag`, `merge`, `split`, `move`, `confirm` and `reject`."""

from pathlib import Path

import click
from rich.console import Console

from gaitprint.cli.common import as_json, emit, print_table
from gaitprint.cli.gallery_options import (
    emit_people,
    gallery_argument,
    person_text,
    samples_option,
    say,
    tags_option,
    who_argument,
)


@click.command("list", short_help="Who is enrolled.")
@gallery_argument
@click.option("--removed", is_flag=True, help="Those who were removed.")
@tags_option
@as_json
def people(gallery: Path, removed: bool, tags: tuple[str, ...], as_json: bool) -> None:
    """List who is enrolled, by id.

    \b
    Examples:
      gaitprint gallery list staff.gallery --tag night
    """
    from gaitprint.gallery.gallery import Gallery

    with Gallery.open(gallery) as opened:
        emit_people(opened.people(removed=removed, tags=tags), as_json)


@click.command(short_help="A person and all walks of theirs.")
@gallery_argument
@who_argument
@as_json
def show(gallery: Path, who: str, as_json: bool) -> None:
    """Show the person WHO, a name or id:3, with their walks.

    \b
    Examples:
      gaitprint gallery show staff.gallery Anna
    """
    from gaitprint.gallery.gallery import Gallery

    with Gallery.open(gallery) as opened:
        person, samples = opened.show(who)

    def text(out: Console) -> None:
        out.print(person_text(person))
        rows = [[f"{s.id}", s.key, s.condition, s.view, s.camera, s.taken, s.quality, s.removed[:10]] for s in samples]
        columns = ["id", "walk", "condition", "view", "camera", "taken", "quality", "removed"]
        use = [i for i in range(len(columns)) if i < 2 or any(row[i] for row in rows)]
        print_table(out, [columns[i] for i in use], [[row[i] for i in use] for row in rows])

    emit({**person.to_dict(), "walks": [s.to_dict() for s in samples]}, as_json, text)


@click.command(short_help="Another name; the id stays.")
@gallery_argument
@who_argument
@click.argument("name")
@as_json
def rename(gallery: Path, who: str, name: str, as_json: bool) -> None:
    """Call the person WHO by another NAME.

    \b
    Examples:
      gaitprint gallery rename staff.gallery id:3 "Anna B."
    """
    from gaitprint.gallery.gallery import Gallery

    with Gallery.open(gallery) as opened:
        person = opened.rename(who, name)
    say(person_text(person), person.to_dict(), as_json)


@click.command(short_help="Tags, legal basis and expiry of a person.")
@gallery_argument
@who_argument
@click.option("--add", multiple=True, metavar="WORD", help="A tag to add. Repeatable.")
@click.option("--remove", multiple=True, metavar="WORD", help="A tag to take away. Repeatable.")
@click.option("--basis", metavar="TEXT", help="The legal basis of keeping them.")
@click.option("--expires", metavar="DAY", help="From this day on they are no answer; empty: never.")
@as_json
def tag(
    gallery: Path,
    who: str,
    add: tuple[str, ...],
    remove: tuple[str, ...],
    basis: str | None,
    expires: str | None,
    as_json: bool,
) -> None:
    """Add and take away tags of the person WHO, by which searches can be narrowed.

    \b
    Examples:
      gaitprint gallery tag staff.gallery Anna --add night --remove guest
      gaitprint gallery tag staff.gallery id:3 --expires 2031-05-31
    """
    from gaitprint.gallery.gallery import Gallery

    if not (add or remove or basis is not None or expires is not None):
        raise click.UsageError("give --add, --remove, --basis or --expires")
    with Gallery.open(gallery) as opened:
        if basis is not None or expires is not None:
            person = opened.set_basis(who, basis=basis, expires=expires)
        if add or remove:
            person = opened.tag(who, add, remove)
    say(person_text(person), person.to_dict(), as_json)


@click.command(short_help="One person of several.")
@gallery_argument
@click.argument("into")
@click.argument("others", nargs=-1, required=True)
@click.option("--dry-run", is_flag=True, help="Only say what would come, how near they are, and who else is as near.")
@as_json
def merge(gallery: Path, into: str, others: tuple[str, ...], dry_run: bool, as_json: bool) -> None:
    """Make OTHERS the person INTO: walks and tags come to them. `undo` takes it back.

    \b
    Examples:
      gaitprint gallery merge staff.gallery Anna id:7 --dry-run
      gaitprint gallery merge staff.gallery Anna id:7
    """
    from gaitprint.gallery.gallery import Gallery

    with Gallery.open(gallery) as opened:
        if dry_run:
            preview = opened.merge_preview(into, *others)
            say(preview.text(), preview.to_dict(), as_json)
            return
        person = opened.merge(into, *others)
    say(person_text(person), person.to_dict(), as_json)


@click.command(short_help="Some walks of a person -> a new person.")
@gallery_argument
@who_argument
@samples_option
@click.option("--name", required=True, metavar="NAME", help="Of the new person.")
@as_json
def split(gallery: Path, who: str, samples: tuple[int, ...], name: str, as_json: bool) -> None:
    """Make walks of WHO those of a new person.

    \b
    Examples:
      gaitprint gallery split staff.gallery Anna --sample 12 --name Berta
    """
    from gaitprint.gallery.gallery import Gallery

    with Gallery.open(gallery) as opened:
        person = opened.split(who, samples, name)
    say(person_text(person), person.to_dict(), as_json)


@click.command(short_help="Walks -> another person who is enrolled.")
@gallery_argument
@who_argument
@samples_option
@as_json
def move(gallery: Path, who: str, samples: tuple[int, ...], as_json: bool) -> None:
    """Make walks those of WHO.

    \b
    Examples:
      gaitprint gallery move staff.gallery Anna --sample 12 --sample 13
    """
    from gaitprint.gallery.gallery import Gallery

    with Gallery.open(gallery) as opened:
        person = opened.move(samples, who)
        # counted anew, with what came
        person, _ = opened.show(person)
    say(person_text(person), person.to_dict(), as_json)


@click.command(short_help="A probe is somebody.")
@gallery_argument
@click.argument("probe", type=int)
@who_argument
@as_json
def confirm(gallery: Path, probe: int, who: str, as_json: bool) -> None:
    """Say that PROBE, a number of the log, is WHO. Only what is new becomes a walk of theirs.

    \b
    Examples:
      gaitprint gallery confirm yard.gallery 17 Anna
    """
    from gaitprint.gallery.gallery import Gallery

    with Gallery.open(gallery) as opened:
        done = opened.confirm(probe, who)
    say(done, {"probe": probe, "done": done}, as_json)


@click.command(short_help="A probe is not somebody.")
@gallery_argument
@click.argument("probe", type=int)
@who_argument
@click.option("--stranger", is_flag=True, help="It is nobody enrolled: the calibration learns it.")
@as_json
def reject(gallery: Path, probe: int, who: str, stranger: bool, as_json: bool) -> None:
    """Say that PROBE, a number of the log, is not WHO: what is nearer to it is not them.

    \b
    Examples:
      gaitprint gallery reject yard.gallery 17 Anna --stranger
    """
    from gaitprint.gallery.gallery import Gallery

    with Gallery.open(gallery) as opened:
        done = opened.reject(probe, who, stranger=stranger)
    say(done, {"probe": probe, "done": done}, as_json)
