"""Errors as HTTP says them: `application/problem+json` (RFC 9457), one line and an id, never a traceback."""

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Match

from gaitprint.errors import (
    AbsentError,
    ArtefactError,
    ConfigError,
    DataError,
    GaitprintError,
    GrantError,
    ReadError,
    ShapeError,
    StorageError,
)

_LOG = logging.getLogger(__name__)
MEDIA_TYPE = "application/problem+json"


class Problem(BaseModel):
    """What went wrong, for people and for programs."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    id: str
    """Of the request; the log of the service has it."""


class RefusedError(GaitprintError, HTTPException):
    """The service does not do what was asked.

    Args:
        status: of HTTP.
        detail: one line.
        headers: of the answer, such as Retry-After.
    """

    def __init__(self, status: int, detail: str, headers: Mapping[str, str] | None = None) -> None:
        HTTPException.__init__(self, status, detail, headers)


def busy(what: str, seconds: int = 1) -> RefusedError:
    """Somebody should come again."""
    return RefusedError(429, f"{what}: try again in {seconds} s", {"Retry-After": str(seconds)})


def status_of(error: GaitprintError) -> int:
    """The status of an error of the gallery: wrong input, or input that does not fit what is there."""
    if isinstance(error, HTTPException):
        return error.status_code
    # the nearest kind decides: somebody who is absent is a matter of data, too
    kinds: tuple[tuple[type[GaitprintError], HTTPStatus], ...] = (
        (AbsentError, HTTPStatus.NOT_FOUND),
        (GrantError, HTTPStatus.FORBIDDEN),
        (ReadError, HTTPStatus.SERVICE_UNAVAILABLE),
        (StorageError, HTTPStatus.SERVICE_UNAVAILABLE),
        (ConfigError, HTTPStatus.UNPROCESSABLE_ENTITY),
        (ShapeError, HTTPStatus.UNPROCESSABLE_ENTITY),
        (DataError, HTTPStatus.CONFLICT),
        (ArtefactError, HTTPStatus.CONFLICT),
    )
    # what is none of these is a fault of ours
    return next((status for kind, status in kinds if isinstance(error, kind)), HTTPStatus.INTERNAL_SERVER_ERROR)


def problem(request: Request, status: int, detail: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """The answer that says what went wrong."""
    said = Problem(title=HTTPStatus(status).phrase, status=status, detail=_line(detail), id=request_id(request))
    return JSONResponse(said.model_dump(), status, dict(headers or {}), MEDIA_TYPE)


def request_id(request: Request) -> str:
    """The id that the gate gave a request."""
    return str(getattr(request.state, "id", ""))


async def on_refusal(request: Request, error: Exception) -> JSONResponse:
    """Answer what was refused on purpose, here or by the router."""
    if isinstance(error, HTTPException):
        headers = dict(error.headers or {})
        if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            # a path may be several routes, each of which knows its own methods alone
            headers["Allow"] = ", ".join(sorted(_methods(request)))
        return problem(request, error.status_code, str(error.detail), headers)
    if isinstance(error, GaitprintError):
        status = status_of(error)
        again = {"Retry-After": "5"} if status == HTTPStatus.SERVICE_UNAVAILABLE else None
        return problem(request, status, str(error), again)
    return await on_fault(request, error)


async def on_invalid(request: Request, error: Exception) -> JSONResponse:
    """Answer a body or query that is not as declared: where, and what was expected."""
    if not isinstance(error, RequestValidationError):
        return await on_fault(request, error)
    found: list[Any] = list(error.errors())
    # one line: the first is as good as any, and the input itself is not repeated
    first = found[0] if found else {}
    place = ".".join(str(part) for part in first.get("loc", ()))
    return problem(request, 422, f"{place}: {first.get('msg', 'not as declared')}")


async def on_fault(request: Request, error: Exception) -> JSONResponse:
    """Answer a fault of ours: the log has it all, the client an id."""
    _LOG.error("request %s failed", request_id(request), exc_info=error)
    return problem(request, 500, f"the service failed: its log tells more of {request_id(request)}")


def _methods(request: Request) -> set[str]:
    """What may be asked of a path."""
    found = set[str]()
    for route in request.app.state.routes:
        matched, _ = route.matches(request.scope)
        if matched != Match.NONE:
            found |= set(getattr(route, "methods", None) or ())
    return found


def _line(text: str) -> str:
    """One line, whatever was in a name."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:1000]
