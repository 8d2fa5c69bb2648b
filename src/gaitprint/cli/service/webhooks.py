"""`gaitprint service webhooks`, `webhook-add` and `webhook-remove`."""

from pathlib import Path

import click
from rich.console import Console

from gaitprint.cli.common import as_json, emit, print_table
from gaitprint.cli.gallery_options import gallery_argument, say
from gaitprint.cli.service.keys import side_file, state_option

EVENTS = ("identified", "unknown")


@click.command(short_help="Who is told of answers.")
@gallery_argument
@state_option
@as_json
def webhooks(gallery: Path, state: Path | None, as_json: bool) -> None:
    """List the addresses that the service of GALLERY tells of answers, and what waits for them.

    \b
    Examples:
      gaitprint service webhooks staff.gallery
    """
    from gaitprint.service.webhooks import Webhooks

    with side_file(gallery, state) as opened:
        found = Webhooks(opened).known()

    def text(out: Console) -> None:
        rows = [
            [
                w.id,
                w.url,
                " ".join(w.events),
                " ".join(w.cameras),
                " ".join(w.tags),
                f"{w.pending}",
                f"{w.failed}",
                w.last,
            ]
            for w in found
        ]
        print_table(out, ["id", "address", "events", "cameras", "tags", "waiting", "given up", "last failure"], rows)

    emit([w.to_dict() for w in found], as_json, text)


@click.command("webhook-add", short_help="An address that is told, signed, again until it arrives.")
@gallery_argument
@click.argument("url")
@click.option("--event", "events", type=click.Choice(EVENTS), multiple=True, help="Repeatable.  [default: both]")
@click.option("--camera", "cameras", multiple=True, metavar="NAME", help="Only what it saw. Repeatable.")
@click.option("--tag", "tags", multiple=True, metavar="WORD", help="Only people who have it. Repeatable.")
@state_option
@as_json
def webhook_add(
    gallery: Path,
    url: str,
    events: tuple[str, ...],
    cameras: tuple[str, ...],
    tags: tuple[str, ...],
    state: Path | None,
    as_json: bool,
) -> None:
    """Have the service of GALLERY post to URL whenever somebody was identified, or was unknown.

    Each message is signed by the secret that is shown here, this once, and sent again for a day until it arrives.

    \b
    Examples:
      gaitprint service webhook-add staff.gallery \\
        http://homeassistant.local:8123/api/webhook/gait
      gaitprint service webhook-add staff.gallery https://host/path \\
        --event unknown --camera door
    """
    from gaitprint.service.webhooks import Webhooks

    with side_file(gallery, state) as opened:
        # a service that runs finds it at the next answer: it reads the file each time
        made, secret = Webhooks(opened).add(url, events or EVENTS, cameras, tags)
    say(f"{made.id}: its secret, shown this once: {secret}", {**made.to_dict(), "secret": secret}, as_json)


@click.command("webhook-remove", short_help="An address that is told no more.")
@gallery_argument
@click.argument("number", metavar="ID")
@state_option
@as_json
def webhook_remove(gallery: Path, number: str, state: Path | None, as_json: bool) -> None:
    """Tell the webhook ID of the service of GALLERY no more, at once; what waits for it goes.

    \b
    Examples:
      gaitprint service webhook-remove staff.gallery 1a2b3c4d
    """
    from gaitprint.service.webhooks import Webhooks

    with side_file(gallery, state) as opened:
        Webhooks(opened).remove(number)
    say("removed", {"id": number}, as_json)
