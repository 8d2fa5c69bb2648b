"""Keys, what a key opens, and whether the service is well."""

from dataclasses import dataclass
from importlib.util import find_spec
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response

import gaitprint
from gaitprint.service import metrics
from gaitprint.service.answers import Asked, Text, Word
from gaitprint.service.guarding import ANY, OPEN, Caller, GuardedRoute, Served, needs
from gaitprint.service.keys import Scope
from gaitprint.service.problems import RefusedError
from gaitprint.service.shown import Calibrated, KeyList, NewKey, Session, ShownKey

router = APIRouter(route_class=GuardedRoute, tags=["service"])


class MakeKey(Asked):
    """A key to be made."""

    name: Word
    scopes: Annotated[list[Scope], Query(min_length=1)]
    cameras: Annotated[list[Text], Query(min_length=1, max_length=1000)] | None = None


@dataclass(frozen=True)
class Health:
    """Whether it is well."""

    status: str


@router.get("/health/live", **needs(OPEN))
async def live() -> Health:
    """Say that the process answers."""
    return Health("ok")


@router.get("/health/ready", **needs(OPEN))
async def ready(service: Served) -> Health:
    """Say whether requests are taken: the gallery can be read, and nobody asked the service to stop."""
    if service.stopping:
        raise RefusedError(503, "the service is stopping", {"Retry-After": "10"})
    # a disk that is gone is found out here and not by the first visitor
    await service.lookups.run(lambda: service.looking.source)
    return Health("ok")


def _plain() -> dict[str, Any]:
    made = needs("read")
    text = {"text/plain": {"schema": {"type": "string"}}}
    made["responses"] = {**made["responses"], 200: {"description": "counters", "content": text}}
    return {**made, "response_class": Response}


@router.get("/metrics", **_plain())
async def show_metrics(service: Served) -> Response:
    """Counters for Prometheus."""
    return Response(service.metrics.text(), media_type=metrics.MEDIA_TYPE)


@router.get("/v1/session", **needs(ANY))
async def session(service: Served, key: Caller) -> Session:
    """Say what the key opens, and what the gallery is."""

    def work() -> Session:
        gallery, made = service.looking, service.looking.calibration
        return Session(
            key=ShownKey.of(key),
            version=gaitprint.__version__,
            people=len(service.people(key).people),
            source=gallery.source,
            calibration=None if made is None else Calibrated.of(made),
            retention_days=gallery.retention_days,
            model=None if service.network.path is None else service.network.path.stem,
            video=service.network.path is not None and find_spec("av") is not None,
            keeps_walks=gallery.keeps_walks,
        )

    return await service.lookups.run(work)


@router.get("/v1/keys", **needs("admin"))
async def list_keys(service: Served, key: Caller) -> KeyList:
    """List all keys, without their secrets."""
    key.require_everything("the list of keys")
    return KeyList([ShownKey.of(k) for k in service.keys.known()])


@router.post("/v1/keys", status_code=201, **needs("admin"))
async def make_key(service: Served, key: Caller, make: MakeKey) -> NewKey:
    """Make a key. Its text is in this answer and nowhere else."""
    key.require_everything("making keys")
    made, text = service.keys.create(make.name, make.scopes, make.cameras)
    return NewKey(**vars(ShownKey.of(made)), key=text)


@router.delete("/v1/keys/{number}", status_code=204, **needs("admin"))
async def revoke_key(service: Served, key: Caller, number: str) -> None:
    """Let a key open nothing any more."""
    key.require_everything("revoking keys")
    service.keys.revoke(number)
