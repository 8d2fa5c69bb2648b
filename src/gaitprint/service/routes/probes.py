"""The log of probes: who was asked about, and what people say of the answers."""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import Field

from gaitprint.errors import AbsentError
from gaitprint.gallery.granted import GrantedGallery
from gaitprint.gallery.records import EnrolReport, Probe, WalkDetails
from gaitprint.service.answers import Asked, Id, Ids, Said, Text, Word, Words
from gaitprint.service.guarding import Caller, GuardedRoute, Served, needs
from gaitprint.service.shown import Probes, ShownAnswer, ShownProbe, ShownUnknown, Unknowns

router = APIRouter(prefix="/v1", route_class=GuardedRoute, tags=["log"])


class Confirm(Asked):
    """Who it is."""

    person: Id


class Reject(Asked):
    """Who it is not."""

    person: Id
    stranger: bool = False
    """Also that it is nobody who is enrolled, so that the calibration learns it."""


class EnrollProbe(Asked):
    """Whose walk a probe becomes, by a name or `id:3`."""

    name: Word
    tags: Words = Field(default_factory=list)
    basis: Text = ""
    expires: Text = ""

    def of(self, gallery: GrantedGallery, probes: list[int]) -> EnrolReport:
        """Enrol them."""
        return gallery.enroll_from_log(probes, self.name, WalkDetails(tuple(self.tags), self.basis, self.expires))


class EnrollProbes(EnrollProbe):
    """Several probes of one person."""

    probes: Annotated[Ids, Query(min_length=1)]


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
        # chosen here: the log is short, by its retention
        return Probes.of([p for p in seen.log() if wanted(p)][:limit], seen)

    return await service.lookups.run(work)


@router.get("/probes/{number:int}", **needs("read"))
async def show_probe(service: Served, key: Caller, number: Id) -> ShownProbe:
    """Show a probe of the log."""

    def work() -> ShownProbe:
        seen = service.listed_for(key)
        found = [p for p in seen.log() if p.id == number]
        if not found:
            raise AbsentError(f"the log has no probe {number}, or no longer")
        return Probes.of(found, seen).probes[0]

    return await service.lookups.run(work)


@router.post("/probes/{number:int}/identify", **needs("search"))
async def identify_again(service: Served, key: Caller, number: Id, again: Again) -> ShownAnswer:
    """Ask once more, against the people who are there now."""

    def work() -> ShownAnswer:
        seen = service.seen_by(key)
        return ShownAnswer.of([replace(seen.identify_again(number, again.top), probe=number)], seen)[0]

    return await service.searches.run(work)


@router.get("/unknowns", **needs("read"))
async def list_unknowns(service: Served, key: Caller) -> Unknowns:
    """List people who were seen and are not enrolled, probes that are alike together, the most seen first."""
    found = await service.searches.run(lambda: service.seen_by(key).unknowns())
    return Unknowns([ShownUnknown.of(group) for group in found])


@router.post("/probes/enroll", **needs("enrol"))
async def enroll_probes(service: Served, key: Caller, response: Response, enroll: EnrollProbes) -> EnrolReport:
    """Enrol probes of the log as walks of one person; `undo` takes it back."""
    return await service.change(key, lambda seen: enroll.of(seen, enroll.probes), response)


@router.post("/probes/{number:int}/enroll", **needs("enrol"))
async def enroll_probe(
    service: Served, key: Caller, response: Response, number: Id, enroll: EnrollProbe
) -> EnrolReport:
    """Enrol a probe of the log as a walk of somebody; `undo` takes it back."""
    return await service.change(key, lambda seen: enroll.of(seen, [number]), response)


@router.post("/probes/{number:int}/confirm", **needs("enrol"))
async def confirm(service: Served, key: Caller, response: Response, number: Id, confirm: Confirm) -> Said:
    """Say that a probe is somebody; it becomes a walk of theirs only where it is unlike those that are there."""
    return Said(await service.change(key, lambda seen: seen.decide(number, confirm.person, True), response))


@router.post("/probes/{number:int}/reject", **needs("enrol"))
async def reject(service: Served, key: Caller, response: Response, number: Id, reject: Reject) -> Said:
    """Say that a probe is not somebody."""

    def work(seen: GrantedGallery) -> Said:
        return Said(seen.decide(number, reject.person, False, reject.stranger))

    return await service.change(key, work, response)
