"""`gaitprint service keys`, `key-add` and `key-revoke`."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from gaitprint.cli.common import as_json, emit, print_table
from gaitprint.cli.gallery_options import gallery_argument, say
from gaitprint.cli.kinds import PLACE
from gaitprint.errors import ArtefactError

SCOPES = ("search", "enrol", "delete", "read", "audit", "admin")


state_option = click.option(
    "--state", type=PLACE, metavar="FILE", help="Keys and webhooks.  [default: GALLERY.service]"
)


@contextmanager
def side_file(gallery: Path, state: Path | None) -> Iterator[Any]:
    """What a service keeps beside a gallery.

    Raises:
        ArtefactError: there is no gallery.
    """
    from gaitprint.extras import require_extra

    require_extra("fastapi")
    from gaitprint.service.side_file import SideFile, side_path

    # a misspelt name would make a file of keys beside nothing
    place = side_path(gallery, state)
    if state is None and not gallery.is_file():
        raise ArtefactError(f"no gallery at {gallery}: make one with `gaitprint gallery create`")
    opened = SideFile(place)
    try:
        yield opened
    finally:
        opened.close()


@click.command(short_help="Who may ask: keys, without their secrets.")
@gallery_argument
@state_option
@as_json
def keys(gallery: Path, state: Path | None, as_json: bool) -> None:
    """List the keys of the service of GALLERY.

    \b
    Examples:
      gaitprint service keys staff.gallery
    """
    from gaitprint.service.keys import Keys

    with side_file(gallery, state) as opened:
        found = Keys(opened).known()

    def text(out: Console) -> None:
        rows = [
            [k.id, k.name, " ".join(k.scopes), "all" if k.cameras is None else " ".join(k.cameras), k.used, k.revoked]
            for k in found
        ]
        print_table(out, ["id", "name", "scopes", "cameras", "last used", "revoked"], rows)

    emit([k.to_dict() for k in found], as_json, text)


@click.command("key-add", short_help="A key, shown this once.")
@gallery_argument
@click.argument("name")
@click.option(
    "--scope", "scopes", type=click.Choice(SCOPES), multiple=True, required=True, help="What it may do. Repeatable."
)
@click.option(
    "--camera", "cameras", multiple=True, metavar="NAME", help="All that it sees. Repeatable.  [default: all]"
)
@state_option
@as_json
def key_add(
    gallery: Path, name: str, scopes: tuple[str, ...], cameras: tuple[str, ...], state: Path | None, as_json: bool
) -> None:
    """Make a key called NAME for the service of GALLERY, which may be running.

    \b
    Examples:
      gaitprint service key-add staff.gallery operator \\
        --scope read --scope search --scope enrol
      gaitprint service key-add staff.gallery door --scope search \\
        --camera door
    """
    from gaitprint.service.keys import Keys

    with side_file(gallery, state) as opened:
        made, text = Keys(opened).create(name, scopes, cameras or None)
    # the one moment at which its text is anywhere
    say(f"key, shown this once: {text}", {**made.to_dict(), "key": text}, as_json)


@click.command("key-revoke", short_help="A key that opens nothing any more.")
@gallery_argument
@click.argument("number", metavar="ID")
@state_option
@as_json
def key_revoke(gallery: Path, number: str, state: Path | None, as_json: bool) -> None:
    """Revoke the key ID of the service of GALLERY, at once, also while it runs.

    \b
    Examples:
      gaitprint service key-revoke staff.gallery 1a2b3c4d
    """
    from gaitprint.service.keys import Keys

    with side_file(gallery, state) as opened:
        Keys(opened).revoke(number)
    say("revoked", {"id": number}, as_json)
