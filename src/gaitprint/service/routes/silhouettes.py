"""Kept silhouettes, to be shown as they walked."""

import gzip
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gaitprint.service.answers import Id
from gaitprint.service.guarding import Caller, GuardedRoute, Served, needs
from gaitprint.types import Frames

router = APIRouter(prefix="/v1", route_class=GuardedRoute, tags=["silhouettes"])
_BYTES: dict[str, Any] = {
    "description": "frames x height x width bytes, grey, 0 to 255, a frame after the other",
    "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    "headers": {
        f"Gaitprint-{side}": {"schema": {"type": "integer"}, "description": "count, or pixels"}
        for side in ("Frames", "Height", "Width")
    },
}


def _pictured() -> dict[str, Any]:
    made = needs("read")
    made["responses"] = {**made["responses"], 200: _BYTES}
    return {**made, "response_class": Response}


@router.get("/samples/{number:int}/walk", **_pictured())
async def sample_walk(service: Served, key: Caller, request: Request, number: Id) -> Response:
    """Give the silhouettes of a walk of somebody, where they are kept."""
    return await service.lookups.run(lambda: _pixels(service.listed_for(key).walk(number), request))


@router.get("/probes/{number:int}/walk", **_pictured())
async def probe_walk(service: Served, key: Caller, request: Request, number: Id) -> Response:
    """Give the silhouettes of a probe of the log, where they are kept."""
    return await service.lookups.run(lambda: _pixels(service.listed_for(key).probe_walk(number), request))


def _pixels(frames: Frames, request: Request) -> Response:
    count, height, width = frames.shape
    sizes = {"Gaitprint-Frames": str(count), "Gaitprint-Height": str(height), "Gaitprint-Width": str(width)}
    data = frames.tobytes()
    # black and white: a twentieth is left
    if "gzip" in request.headers.get("accept-encoding", ""):
        data, sizes = gzip.compress(data, 1), {**sizes, "Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
    return Response(data, media_type="application/octet-stream", headers=sizes)
