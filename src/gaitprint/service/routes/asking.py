"""Walks sent in: enrolled, identified, verified, looked for in the log."""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, File, Form, UploadFile

from gaitprint.errors import DataError
from gaitprint.gallery.records import EnrolReport, Verification, WalkDetails
from gaitprint.service.answers import Id, Text, Words
from gaitprint.service.guarding import Caller, GuardedRoute, Served, needs
from gaitprint.service.shown import Answers, Probes, ShownAnswer
from gaitprint.service.walks import Naming

router = APIRouter(prefix="/v1", route_class=GuardedRoute, tags=["walks"])
Walks = Annotated[UploadFile, File(description="vectors (.safetensors), a walk (.npz, .zip of images), a clip")]
Field = Annotated[Text, Form()]
Fields = Annotated[Words, Form()]


def _naming(
    name: Field = "",
    key: Field = "",
    condition: Field = "",
    view: Field = "",
    track: Annotated[list[Id], Form(max_length=100)] = [],  # noqa: B006 - FastAPI copies it
) -> Naming:
    return Naming(name, key, condition, view, tuple(track))


def _details(
    tags: Fields = [],  # noqa: B006 - FastAPI copies it
    basis: Field = "",
    expires: Field = "",
    camera: Field = "",
    taken: Field = "",
) -> WalkDetails:
    return WalkDetails(tuple(tags), basis, expires, camera, taken)


@router.post("/enroll", **needs("enrol", upload=True))
async def enroll(
    service: Served,
    key: Caller,
    walks: Walks,
    naming: Annotated[Naming, Depends(_naming)],
    details: Annotated[WalkDetails, Depends(_details)],
) -> EnrolReport:
    """Enrol walks as those of the people they name; what is there already is passed over, so it can be sent again."""
    seen = service.seen_by(key)
    # before anything is computed
    seen.check_camera(details.camera)
    read = await service.walks.read(walks.file, naming)
    known = replace(details, quality=tuple(read.quality), origin=(walks.filename or "")[:300])
    return await service.searches.run(seen.enroll, read.embeddings, known, read.rejects, read.silhouettes)


@router.post("/identify", **needs("search", upload=True))
async def identify(
    service: Served,
    key: Caller,
    walks: Walks,
    naming: Annotated[Naming, Depends(_naming)],
    top: Annotated[int, Form(ge=1, le=1000)] = 5,
    tags: Fields = [],  # noqa: B006 - FastAPI copies it
    camera: Field = "",
    log: Annotated[bool, Form()] = True,
) -> Answers:
    """Say who each walk is of, with the nearest people, or that it is nobody known."""
    seen = service.seen_by(key)
    seen.check_camera(camera)
    # whom the file names is nothing to whoever answers
    read = await service.walks.read(walks.file, replace(naming, name=""))
    said = await service.searches.run(seen.identify, read.embeddings, top, tags, camera, log, read.silhouettes)
    for answer in said:
        service.metrics.identified(answer.person is not None)

    def shown() -> Answers:
        # before the answer: whoever has it may count on the message
        service.tell(said, camera)
        return Answers(ShownAnswer.of(said, service.listed_for(key)), read.rejects)

    return await service.lookups.run(shown)


@router.post("/verify", **needs("search", upload=True))
async def verify(
    service: Served,
    key: Caller,
    walks: Walks,
    naming: Annotated[Naming, Depends(_naming)],
    person: Annotated[Id, Form()],
) -> Verification:
    """Say whether one walk is of a person, by all walks of theirs."""
    seen = service.seen_by(key)
    read = await service.walks.read(walks.file, replace(naming, name=""))
    return await service.searches.run(seen.verify, read.embeddings, person)


@router.post("/probes/search", **needs("search", upload=True))
async def search_log(
    service: Served,
    key: Caller,
    walks: Walks,
    naming: Annotated[Naming, Depends(_naming)],
    last: Annotated[int, Form(ge=1, le=1000)] = 50,
) -> Probes:
    """Say whether somebody was here before: the probes of the log that are nearest to a walk."""
    seen = service.seen_by(key)
    read = await service.walks.read(walks.file, replace(naming, name=""))
    if len(read.embeddings) != 1:
        raise DataError(f"the log is searched for one walk, found {len(read.embeddings)}: send one")
    return await service.searches.run(lambda: Probes.of(seen.log(read.embeddings, last), seen))
