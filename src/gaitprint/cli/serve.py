"""`gaitprint serve`: a gallery over HTTP."""

import json
from pathlib import Path
from typing import Any

import click

from gaitprint.cli.common import as_json
from gaitprint.cli.gallery_options import gallery_argument
from gaitprint.cli.kinds import PLACE, Dependent
from gaitprint.cli.option_groups import OptionGroup
from gaitprint.cli.service.keys import state_option


def _require_service() -> None:
    from gaitprint.extras import require_extra

    for module in ("fastapi", "uvicorn", "prometheus_client", "multipart"):
        require_extra(module)


def _address(**given: Any) -> Any:
    _require_service()
    from gaitprint.service.server import Address

    return Address(**given)


def _model(model: Path | None, vectors_only: bool) -> Path | None:
    from gaitprint.models.shipped import find_model, shipped

    if vectors_only:
        return None
    return shipped() if model is None else find_model(model)


address_options = OptionGroup(
    "address",
    _address,
    click.option("--host", default="127.0.0.1", show_default=True, metavar="ADDRESS", help="Where to listen."),
    click.option("--port", default=8321, show_default=True, metavar="NUMBER", help="0 takes any that is free."),
    click.option("--certificate", type=PLACE, metavar="FILE", help="PEM file, for HTTPS."),
    click.option("--private-key", type=PLACE, metavar="FILE", help="Of the certificate."),
)
model_options = OptionGroup(
    "model",
    _model,
    click.option(
        "--model", type=PLACE, metavar="FILE", help="Makes vectors of silhouettes.  [default: the shipped weights]"
    ),
    click.option(
        "--vectors-only",
        is_flag=True,
        cls=Dependent,
        excludes="model",
        why="takes no silhouettes",
        help="Take no silhouettes and no clips: no network is loaded.",
    ),
)


@click.command(short_help="A gallery over HTTP, with keys, and a page for people.")
@gallery_argument
@address_options
@model_options
@click.option("--set", "changes", multiple=True, metavar="NAME=VALUE", help="A limit, as upload_mib=128. Repeatable.")
@state_option
@as_json
def serve(
    gallery: Path, address: Any, model: Path | None, changes: tuple[str, ...], state: Path | None, as_json: bool
) -> None:
    """Serve GALLERY until Ctrl-C or SIGTERM, which finish what was accepted.

    At the first start a key is made that may do everything, and shown this once; `gaitprint service key-add` makes
    others. Whoever can reach another address than 127.0.0.1 can read what goes over it, unless a certificate is given.

    \b
    Examples:
      gaitprint serve staff.gallery
      gaitprint serve staff.gallery --host 0.0.0.0 \\
        --certificate cert.pem --private-key key.pem
      gaitprint serve staff.gallery --set upload_mib=128
    """
    from gaitprint.config import apply_overrides, build_settings
    from gaitprint.service.server import serve as run
    from gaitprint.service.settings import ServiceSettings

    settings = build_settings(ServiceSettings, apply_overrides({}, changes), "the service")
    if not address.local and address.certificate is None:
        click.echo("warning: without a certificate, whoever is on the way can read keys and names", err=True)

    def say(url: str, key: str) -> None:
        if as_json:
            click.echo(json.dumps({"url": url, "key": key or None}))
            return
        if key:
            click.echo(f"key, shown this once: {key}")
        click.echo(f"serving {gallery} at {url}")

    run(gallery, address, settings, model, state, say)
    if not as_json:
        click.echo("stopped: what was accepted is done")
