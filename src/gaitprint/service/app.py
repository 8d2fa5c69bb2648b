"""The application: routes, errors, the page."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, Response
from starlette.staticfiles import StaticFiles

import gaitprint
from gaitprint.errors import GaitprintError
from gaitprint.service.gate import Gate
from gaitprint.service.problems import Problem, on_fault, on_invalid, on_refusal
from gaitprint.service.routes import access, asking, people, probes, silhouettes, upkeep, webhooks
from gaitprint.service.settings import ServiceSettings
from gaitprint.service.state import Service

_PAGE = Path(__file__).parent / "page"


def create_app(
    gallery: str | Path,
    settings: ServiceSettings = ServiceSettings(),
    model: Path | None = None,
    state: Path | None = None,
) -> FastAPI:
    """Make the application of a gallery, for any ASGI server; `app.state.service` is what it holds open.

    Args:
        gallery: the file, or an address.
        settings: limits.
        model: a model file, which makes vectors of silhouettes; None: only vectors are taken.
        state: the file of keys and webhooks; None: beside the gallery.

    Raises:
        ArtefactError: no gallery there, or damaged. DataError: it cannot be read.
    """
    service = Service(Path(gallery), settings, model, state)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        service.courier.start()
        yield
        await service.courier.stop()
        service.close()

    app = FastAPI(
        title="gaitprint",
        version=gaitprint.__version__,
        summary="People enrolled, found, corrected, forgotten.",
        openapi_url="/v1/openapi.json",
        # pages of documentation would be loaded from elsewhere
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        redirect_slashes=False,
    )
    app.state.service = service
    parts = (access, people, asking, probes, silhouettes, upkeep, webhooks)
    app.state.routes = [route for part in parts for route in part.router.routes]
    for part in parts:
        app.include_router(part.router)
    for error, answer in (
        (GaitprintError, on_refusal),
        (HTTPException, on_refusal),
        (RequestValidationError, on_invalid),
        (Exception, on_fault),
    ):
        app.add_exception_handler(error, answer)
    _mount_page(app)
    # outermost, so that errors and pages have an id and headers, too
    app.add_middleware(Gate)
    # made once, when it is first asked for
    app.openapi = lambda: _document(app)  # type: ignore[method-assign]
    return app


def _mount_page(app: FastAPI) -> None:
    @app.get("/", include_in_schema=False)
    async def page() -> Response:
        return FileResponse(_PAGE / "index.html", headers={"Cache-Control": "no-cache"})

    app.mount("/page", _PageFiles(directory=_PAGE))


class _PageFiles(StaticFiles):
    """Files that browsers ask about each time: a new version shows at once."""

    def file_response(self, *given: Any, **named: Any) -> Response:
        response = super().file_response(*given, **named)
        response.headers["Cache-Control"] = "no-cache"
        return response


def _document(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document, with the key and the form of errors."""
    if app.openapi_schema is None:
        made = get_openapi(title=app.title, version=app.version, summary=app.summary, routes=app.routes)
        parts = made.setdefault("components", {})
        parts["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
        parts.setdefault("schemas", {})["Problem"] = Problem.model_json_schema()
        app.openapi_schema = made
    return app.openapi_schema
