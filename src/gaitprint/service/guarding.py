"""Routes that look at the key before they look at the body, and at the length of the body before they keep it."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Annotated, Any, cast

from fastapi import Depends
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive

from gaitprint.service.keys import Key
from gaitprint.service.problems import RefusedError
from gaitprint.service.settings import MIB
from gaitprint.service.state import Service

SCOPE, UPLOAD = "x-scope", "x-upload"
"""What a route needs, in the OpenAPI document as well."""
ANY, OPEN = "any", "none"
"""Any key; and no key at all."""
_SAID = {
    400: "cannot be read",
    401: "no key, or a wrong one",
    403: "the key is not for this",
    404: "not there, or not for this key",
    408: "the body did not come in time",
    409: "does not fit what is there",
    413: "too large",
    415: "no kind of file or body that is taken",
    422: "not as declared",
    429: "too much is waiting",
    503: "stopping, or the disk does not answer",
}


def needs(scope: str, *, upload: bool = False) -> dict[str, Any]:
    """The keywords that give a route its scope, and the document what it may answer.

    Args:
        scope: one of `SCOPES`, `ANY` or `OPEN`.
        upload: whether a file is sent in, which may be large.
    """
    extra: dict[str, Any] = {SCOPE: scope, "security": [] if scope == OPEN else [{"key": []}]}
    if upload:
        extra[UPLOAD] = True
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    said = (
        {} if scope == OPEN else {status: {"description": what, "content": content} for status, what in _SAID.items()}
    )
    return {"openapi_extra": extra, "responses": said}


class BoundedRequest(Request):
    """A request whose form has few parts: one file and what is said of it."""

    def form(self, *, max_files: float = 1, max_fields: float = 256, max_part_size: int = 1 << 16) -> Any:
        """See `Request.form`."""
        return super().form(max_files=max_files, max_fields=max_fields, max_part_size=max_part_size)


class GuardedRoute(APIRoute):
    """A route that says which scope it needs; one that does not is refused when it is made."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """See `APIRoute`."""
        handle = super().get_route_handler()
        extra = self.openapi_extra or {}
        scope, upload = str(extra[SCOPE]), bool(extra.get(UPLOAD))

        async def guarded(request: Request) -> Response:
            service = service_of(request)
            if scope != OPEN:
                # before a byte of the body is read
                key = service.keys.opened_by(request.headers.get("authorization"))
                if scope != ANY:
                    key.require(scope)
                request.state.key = key
                if service.stopping:
                    raise RefusedError(503, "the service is stopping", {"Retry-After": "10", "Connection": "close"})
            limit = int(MIB * (service.settings.upload_mib if upload else service.settings.small_mib))
            check_length(request, limit)
            # counted from here on: whoever has no key holds no place
            with service.receiving(upload):
                bounded = BoundedRequest(request.scope, _bounded(request.receive, service, limit))
                try:
                    async with asyncio.timeout(service.settings.answer_seconds + service.settings.body_seconds):
                        return await handle(bounded)
                except TimeoutError:
                    raise RefusedError(503, "it took too long", {"Retry-After": "10"}) from None

        return guarded


def check_length(request: Request, limit: int) -> None:
    """Refuse a body that says itself that it is too large, before any of it is read.

    Raises:
        RefusedError: 413; 400 where the length is no number.
    """
    said = request.headers.get("content-length")
    if said is not None and not said.isdecimal():
        raise RefusedError(400, "the Content-Length is no number")
    if said is not None and (len(said) > 15 or int(said) > limit):
        raise _too_large(limit)


def _too_large(limit: int) -> RefusedError:
    return RefusedError(413, f"the body is larger than {limit} bytes, which is the limit here")


def _bounded(receive: Receive, service: Service, limit: int) -> Receive:
    """Receive no more than the limit, from nobody who stalls."""
    taken = 0
    loop = asyncio.get_running_loop()
    end = loop.time() + service.settings.body_seconds
    whole = False

    async def bounded() -> Message:
        nonlocal taken, whole
        # when the body is whole, waiting means that somebody listens for the client to leave
        if whole:
            return await receive()
        # the nearer of two ends: nothing came for long, or all of it takes long
        patience = min(service.settings.stall_seconds, end - loop.time())
        try:
            message = await asyncio.wait_for(receive(), max(patience, 0.001))
        except TimeoutError:
            raise RefusedError(408, "the body did not come in time", {"Connection": "close"}) from None
        taken += len(message.get("body", b""))
        whole = not message.get("more_body", False)
        if taken > limit:
            raise _too_large(limit)
        return message

    return bounded


def service_of(request: Request) -> Service:
    """The service of an application."""
    return cast(Service, request.app.state.service)


def key_of(request: Request) -> Key:
    """The key that opened the route."""
    return cast(Key, request.state.key)


Served = Annotated[Service, Depends(service_of)]
Caller = Annotated[Key, Depends(key_of)]
