"""People: listed, shown, put right, taken out."""

from dataclasses import replace
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from pydantic import Field

from gaitprint.errors import DataError
from gaitprint.gallery.granted import GrantedGallery
from gaitprint.gallery.records import Person
from gaitprint.service.answers import Asked, Erased, Id, Ids, People, TagCount, Tags, Text, Touched, Undone, Word, Words
from gaitprint.service.guarding import Caller, GuardedRoute, Served, needs
from gaitprint.service.shown import MergePreview, ShownPerson, ShownSample

router = APIRouter(prefix="/v1", route_class=GuardedRoute, tags=["people"])
Sort = Literal["id", "name", "newest"]


class Edit(Asked):
    """What changes of a person; what is left out stays."""

    name: Word | None = None
    add_tags: Words = Field(default_factory=list)
    remove_tags: Words = Field(default_factory=list)
    basis: Text | None = None
    expires: Text | None = None


class Merge(Asked):
    """Who become one with the person."""

    others: Annotated[Ids, Query(min_length=1)]
    dry_run: bool = False


class Split(Asked):
    """Walks that become a new person's."""

    samples: Ids
    name: Word


class Move(Asked):
    """Walks, and whose they become."""

    samples: Ids
    to: Id


class Chosen(Asked):
    """People and single walks."""

    people: Ids = Field(default_factory=list)
    samples: Ids = Field(default_factory=list)


class Purge(Chosen):
    """Who is erased."""

    expired: bool = False
    removed: bool = False
    dry_run: bool = False


class Undo(Asked):
    """Which change; the last one where it is left out."""

    change: Id | None = None


@router.get("/people", **needs("read"))
async def list_people(
    service: Served,
    key: Caller,
    q: Annotated[str, Query(max_length=300)] = "",
    tag: Annotated[list[str], Query(max_length=100)] = [],  # noqa: B006 - FastAPI copies it
    removed: bool = False,
    sort: Sort = "id",
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    offset: Annotated[int, Query(ge=0, le=10**9)] = 0,
) -> People:
    """List people a page at a time: by a part of their name, or `id:3`, and by tags they all have."""

    def work() -> People:
        found = service.people(key, removed).found(q, set(tag), sort)
        return People(found[offset : offset + limit], len(found))

    return await service.lookups.run(work)


@router.get("/tags", **needs("read"))
async def list_tags(service: Served, key: Caller) -> Tags:
    """List the tags that people have."""

    def work() -> Tags:
        counts: dict[str, int] = {}
        for person in service.people(key).people:
            for tag in person.tags:
                counts[tag] = counts.get(tag, 0) + 1
        return Tags([TagCount(tag, count) for tag, count in sorted(counts.items())])

    return await service.lookups.run(work)


@router.get("/people/{number:int}", **needs("read"))
async def show_person(service: Served, key: Caller, number: Id) -> ShownPerson:
    """Show somebody, removed or not, with all walks of theirs."""

    def work() -> ShownPerson:
        person, samples = service.listed_for(key).show(number)
        kept = service.listed_for(key).kept_walks([s.id for s in samples])
        return ShownPerson(person, [ShownSample.of(s, s.id in kept) for s in samples])

    return await service.lookups.run(work)


@router.patch("/people/{number:int}", **needs("enrol"))
async def edit_person(service: Served, key: Caller, response: Response, number: Id, edit: Edit) -> Person:
    """Rename somebody, change their tags, their legal basis, the day from which on they are no answer."""

    def work(seen: GrantedGallery) -> Person:
        person, _ = seen.show(number)
        if edit.name is not None:
            person = seen.rename(number, edit.name)
        if edit.add_tags or edit.remove_tags:
            person = seen.tag(number, edit.add_tags, edit.remove_tags)
        if edit.basis is not None or edit.expires is not None:
            person = seen.set_basis(number, basis=edit.basis, expires=edit.expires)
        return person

    return await service.change(key, work, response)


@router.post("/people/{number:int}/merge", **needs("enrol"))
async def merge_people(service: Served, key: Caller, response: Response, number: Id, merge: Merge) -> MergePreview:
    """Make people one who were enrolled as several; with `dry_run` only say what would become of whom."""

    def preview(seen: GrantedGallery) -> MergePreview:
        return MergePreview.of(seen, number, merge.others)

    def work(seen: GrantedGallery) -> MergePreview:
        # read before: afterwards the others are nobody any more
        before = preview(seen)
        return replace(before, person=seen.merge(number, merge.others), done=True)

    if merge.dry_run:
        return await service.searches.run(preview, service.seen_by(key))
    return await service.change(key, work, response)


@router.post("/people/{number:int}/split", **needs("enrol"))
async def split_person(service: Served, key: Caller, response: Response, number: Id, split: Split) -> Person:
    """Make walks of somebody those of a new person."""
    return await service.change(key, lambda seen: seen.split(number, split.samples, split.name), response)


@router.post("/samples/move", **needs("enrol"))
async def move_samples(service: Served, key: Caller, response: Response, move: Move) -> Person:
    """Make walks those of somebody else who is enrolled."""
    return await service.change(key, lambda seen: seen.move(move.samples, move.to), response)


@router.post("/remove", **needs("delete"))
async def remove(service: Served, key: Caller, response: Response, chosen: Chosen) -> Touched:
    """Take people or single walks out of every answer at once; they can be restored."""
    await service.change(key, lambda seen: seen.remove(chosen.people, chosen.samples), response)
    return Touched(chosen.people, chosen.samples)


@router.post("/restore", **needs("delete"))
async def restore(service: Served, key: Caller, response: Response, chosen: Chosen) -> Touched:
    """Bring back what was removed."""
    await service.change(key, lambda seen: seen.restore(chosen.people, chosen.samples), response)
    return Touched(chosen.people, chosen.samples)


@router.post("/purge", **needs("delete"))
async def purge(service: Served, key: Caller, purge: Purge) -> Erased:
    """Erase people or walks for good, from the rows, the files and what is still to be sent; it cannot be undone."""

    def work() -> Erased:
        asked = purge.people, purge.samples, purge.expired, purge.removed, purge.dry_run
        made = service.seen_by(key).purge(*asked)
        if made.done:
            service.webhooks.forget(made.people)
        return Erased(list(made.people), list(made.samples), made.probes, made.done)

    return await service.searches.run(work)


@router.post("/undo", **needs("enrol"))
async def undo(service: Served, key: Caller, undo: Undo) -> Undone:
    """Set back the last correction, or a change by its number; a removal takes the scope `delete`."""

    def work() -> Undone:
        seen = service.seen_by(key)
        lines = [line for line, undoable in seen.changes(10**9) if undoable and undo.change in (None, line["change"])]
        if not lines:
            raise DataError("nothing can be undone: enrolling, calibrating and purging cannot, and nothing twice")
        # bringing people back is for whoever may take them out
        if lines[0]["verb"] in ("remove", "restore"):
            key.require("delete")
        # by its number: another change may have come since
        return Undone(*seen.undo(lines[0]["change"]))

    return await service.searches.run(work)
