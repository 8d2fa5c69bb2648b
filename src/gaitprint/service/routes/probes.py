"""The log of probes: who was asked about, and what people say of the answers."""

from typing import Annotated

from fastapi import APIRouter, Query

from gaitprint.errors import AbsentError
from gaitprint.gallery.records import Identification, Probe
from gaitprint.service.answers import Asked, Id, Probes, Said, ShownProbe
from gaitprint.service.guarding import Caller, GuardedRoute, Served, needs

router = APIRouter(prefix="/v1", route_class=GuardedRoute, tags=["log"])


class Confirm(Asked):
    """Who it is."""

    person: Id


class Reject(Asked):
    """Who it is not."""

    person: Id
    stranger: bool = False
    """Also that it is nobody who is enrolled, so that the calibration learns it."""


class Again(Asked):
    """How many people to list."""

    top: Annotated[int, Query(ge=1, le=1000)] = 5


@router.get("/probes", **needs("read"))
async def list_probes(
    service: Served,
    key: Caller,
    unknown: bool | None = None,
    decided: bool | None = None,
    camera: Annotated[str | None, Query(max_length=300)] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 50,
    before: Id | None = None,
) -> Probes:
    """List the probes that are kept, newest first."""

    def wanted(probe: Probe) -> bool:
        return (
            (unknown is None or (probe.person is None) == unknown)
            and (decided is None or bool(probe.decision) == decided)
            and (camera is None or probe.camera == camera)
            and (before is None or probe.id < before)
        )

    def work() -> Probes:
        seen = service.listed_for(key)
        return Probes.of([p for p in seen.log() if wanted(p)][:limit], seen)

    return await service.lookups.run(work)


@router.get("/probes/{number}", **needs("read"))
async def show_probe(service: Served, key: Caller, number: Id) -> ShownProbe:
    """Show a probe of the log."""

    def work() -> ShownProbe:
        seen = service.listed_for(key)
        found = [p for p in seen.log() if p.id == number]
        if not found:
            raise AbsentError(f"the log has no probe {number}, or no longer")
        return Probes.of(found, seen).probes[0]

    return await service.lookups.run(work)


@router.post("/probes/{number}/identify", **needs("search"))
async def identify_again(service: Served, key: Caller, number: Id, again: Again) -> Identification:
    """Ask once more, against the people who are there now."""
    return await service.searches.run(lambda: service.seen_by(key).identify_again(number, again.top))


@router.post("/probes/{number}/confirm", **needs("enrol"))
async def confirm(service: Served, key: Caller, number: Id, confirm: Confirm) -> Said:
    """Say that a probe is somebody; it becomes a walk of theirs only where it is unlike those that are there."""
    said = await service.searches.run(lambda: service.seen_by(key).decide(number, confirm.person, True))
    return Said(said)


@router.post("/probes/{number}/reject", **needs("enrol"))
async def reject(service: Served, key: Caller, number: Id, reject: Reject) -> Said:
    """Say that a probe is not somebody."""
    said = await service.searches.run(
        lambda: service.seen_by(key).decide(number, reject.person, False, reject.stranger)
    )
    return Said(said)
