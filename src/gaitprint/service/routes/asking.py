"""Walks sent in: enrolled, identified, verified."""

from typing import Annotated

from fastapi import APIRouter, File, Form, UploadFile

from gaitprint.gallery.records import EnrolReport, Verification, WalkDetails
from gaitprint.service.answers import Answers, Id, Text, Words
from gaitprint.service.guarding import Caller, GuardedRoute, Served, needs
from gaitprint.service.uploads import read_walks

router = APIRouter(prefix="/v1", route_class=GuardedRoute, tags=["walks"])
Walks = Annotated[UploadFile, File(description="vectors (.safetensors)")]
Top = Annotated[int, Form(ge=1, le=1000)]
Field = Annotated[Text, Form()]
Fields = Annotated[Words, Form()]


@router.post("/enroll", **needs("enrol", upload=True))
async def enroll(
    service: Served,
    key: Caller,
    walks: Walks,
    tags: Fields = [],  # noqa: B006 - FastAPI copies it
    basis: Field = "",
    expires: Field = "",
    camera: Field = "",
    taken: Field = "",
) -> EnrolReport:
    """Enrol walks as those of the people they name; what is there already is passed over, so it can be sent again."""
    details = WalkDetails(tuple(tags), basis, expires, camera, taken, walks.filename or "")

    def work() -> EnrolReport:
        return service.seen_by(key).enroll(read_walks(walks.file), details)

    return await service.searches.run(work)


@router.post("/identify", **needs("search", upload=True))
async def identify(
    service: Served,
    key: Caller,
    walks: Walks,
    top: Top = 5,
    tags: Fields = [],  # noqa: B006 - FastAPI copies it
    camera: Field = "",
    log: Annotated[bool, Form()] = True,
) -> Answers:
    """Say who each walk is of, with the nearest people, or that it is nobody known."""

    def work() -> Answers:
        return Answers(service.seen_by(key).identify(read_walks(walks.file), top, tags, camera, log))

    said = await service.searches.run(work)
    for answer in said.answers:
        service.metrics.identified(answer.person is not None)
    return said


@router.post("/verify", **needs("search", upload=True))
async def verify(service: Served, key: Caller, walks: Walks, person: Annotated[Id, Form()]) -> Verification:
    """Say whether one walk is of a person, by all walks of theirs."""
    return await service.searches.run(lambda: service.seen_by(key).verify(read_walks(walks.file), person))
