"""Around everything: an id for each request, what it cost, headers that browsers obey, and no traceback to anybody."""

import asyncio
import time
from secrets import token_hex

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gaitprint.service.guarding import service_of
from gaitprint.service.problems import on_fault

_CSP = (
    "default-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; object-src 'none'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": _CSP,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}
_SHORT = 1 << 16
"""Bytes of a body that nobody wants and that is taken all the same, so that the connection stays."""
_LINGER_BYTES, _LINGER_SECONDS = 1 << 24, 2.0
"""So much of any other one, for so long: a connection that is closed while a client sends loses it the answer."""


class Gate:
    """The outermost layer of the application.

    Args:
        app: what is within.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        number, begun = token_hex(8), time.perf_counter()
        scope.setdefault("state", {})["id"] = number
        answer = _Answer(number, scope, receive, send)
        try:
            await self._app(scope, answer.receive, answer.send)
        except Exception as error:
            # what began to be answered cannot be answered otherwise: the server cuts it off
            if answer.status:
                raise
            await (await on_fault(Request(scope), error))(scope, answer.receive, answer.send)
        finally:
            # the declared path, not the one that was asked for: that may hold anything
            route = getattr(scope.get("route"), "path", "other")
            service_of(Request(scope)).metrics.answered(route, answer.status or 500, time.perf_counter() - begun)


class _Answer:
    """What goes out, and whether all came in before."""

    def __init__(self, number: str, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        length = headers.get(b"content-length", b"0")
        # what is no number is refused further in; here it counts as long
        self._length = int(length) if length.isdigit() and len(length) < 16 else _LINGER_BYTES
        self._unread = self._length > 0 or b"transfer-encoding" in headers
        self._number, self._receive, self._send = number, receive, send
        self.status = 0

    async def receive(self) -> Message:
        message = await self._receive()
        self._unread &= message["type"] == "http.request" and bool(message.get("more_body", False))
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            if self._unread and self._length <= _SHORT:
                await self._drain(_SHORT)
            self.status = int(message["status"])
            headers: list[tuple[bytes, bytes]] = list(message.get("headers", []))
            there = {name.lower() for name, _ in headers}
            close = {"connection": "close"} if self._unread else {}
            added = {"x-request-id": self._number, **_HEADERS, **close}
            headers += [(n.encode(), v.encode()) for n, v in added.items() if n.encode() not in there]
            await self._send({**message, "headers": headers})
            return
        last = message["type"] == "http.response.body" and not message.get("more_body", False)
        if not (last and self._unread):
            await self._send(message)
            return
        # the answer is whole, and only then the rest is let go by
        await self._send({**message, "more_body": True})
        await self._drain(_LINGER_BYTES)
        await self._send({"type": "http.response.body", "body": b""})

    async def _drain(self, most: int) -> None:
        taken = 0
        try:
            async with asyncio.timeout(_LINGER_SECONDS):
                while self._unread and taken <= most:
                    taken += len((await self.receive()).get("body", b""))
        except TimeoutError:
            return
