"""What concerns the gallery as a whole: calibration, audit, check, copies. Keys of some cameras are refused here."""

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, File, Form, Query, UploadFile
from starlette.background import BackgroundTask
from starlette.responses import FileResponse, Response

from gaitprint.gallery.gallery import Gallery
from gaitprint.service.answers import AuditLine, AuditLines, Checked, Id
from gaitprint.service.guarding import Caller, GuardedRoute, Served, needs
from gaitprint.service.shown import Calibrated
from gaitprint.service.state import Service
from gaitprint.service.walks import Naming

router = APIRouter(prefix="/v1", route_class=GuardedRoute, tags=["upkeep"])


def _download(media: str) -> dict[str, Any]:
    made = needs("admin")
    content = {media: {"schema": {"type": "string", "format": "binary"}}}
    made["responses"] = {**made["responses"], 200: {"description": "the file", "content": content}}
    return {**made, "response_class": Response}


@router.get("/calibration", **needs("read"))
async def show_calibration(service: Served) -> Calibrated | None:
    """Show how near is near enough; null: not calibrated, and everybody is unknown."""
    made = await service.lookups.run(lambda: service.looking.calibration)
    return None if made is None else Calibrated.of(made)


@router.post("/calibrate", **needs("admin", upload=True))
async def calibrate(
    service: Served,
    key: Caller,
    strangers: Annotated[UploadFile | None, File(description="walks of people who are not enrolled")] = None,
    per_1000: Annotated[float, Form(gt=0, lt=1000)] = 10.0,
    known_share: Annotated[float, Form(gt=0, lt=1)] = 0.5,
) -> Calibrated:
    """Measure how near strangers come; without a file each of the known is searched for among the others."""
    key.require_everything("calibrating")
    read = None if strangers is None else await service.walks.read(strangers.file, Naming())
    walks = None if read is None else read.embeddings

    def work() -> Calibrated:
        # a gallery of its own: searches go on meanwhile
        with Gallery.open(service.place) as gallery:
            return Calibrated.of(gallery.calibrate(walks, per_1000=per_1000, known_share=known_share))

    return await service.upkeep.run(work)


@router.get("/audit", **needs("audit"))
async def audit(
    service: Served,
    key: Caller,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    before: Id | None = None,
) -> AuditLines:
    """List the changes, newest first, by ids and never by names."""
    lines = await service.lookups.run(lambda: service.listed_for(key).changes(limit, before))
    return AuditLines([AuditLine(**line, undoable=undoable) for line, undoable in lines])


@router.post("/check", **needs("admin"))
async def check(service: Served, key: Caller) -> Checked:
    """Look at every row, checksum and line of the audit, and finish what was begun."""
    key.require_everything("checking")

    def work() -> Checked:
        with Gallery.open(service.place) as gallery:
            return Checked(**gallery.check().to_dict())  # type: ignore[arg-type]

    return await service.upkeep.run(work)


@router.get("/backup", **_download("application/vnd.sqlite3"))
async def backup(service: Served, key: Caller) -> Response:
    """Give a whole copy of the gallery, proven to open; keep it no longer than you promise."""
    key.require_everything("a backup")

    def write(gallery: Gallery, folder: Path) -> Path:
        gallery.backup(folder / "backup.gallery")
        return folder / "backup.gallery"

    return await _made(service, write, "application/vnd.sqlite3")


@router.get("/export", **_download("application/zip"))
async def export(service: Served, key: Caller) -> Response:
    """Give people and walks as tables and vectors, in a zip; `gaitprint gallery import` reads the folder in it."""
    key.require_everything("an export")

    def write(gallery: Gallery, folder: Path) -> Path:
        gallery.export(folder / "export")
        return Path(shutil.make_archive(str(folder / "gallery"), "zip", folder / "export"))

    return await _made(service, write, "application/zip")


async def _made(service: Service, write: Callable[[Gallery, Path], Path], media: str) -> Response:
    """A file that is made for this answer and gone after it."""
    # for its owner alone, as mkdtemp makes it
    folder = Path(tempfile.mkdtemp(prefix="gaitprint-"))

    def work() -> Path:
        with Gallery.open(service.place) as gallery:
            return write(gallery, folder)

    def gone() -> None:
        shutil.rmtree(folder, ignore_errors=True)

    try:
        path = await service.upkeep.run(work)
    except BaseException:
        gone()
        raise
    return FileResponse(path, media_type=media, filename=path.name, background=BackgroundTask(gone))
