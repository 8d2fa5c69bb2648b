"""The service as a process: one port, answered until somebody asks it to stop, and then to the end of what it took."""

import asyncio
import logging
import signal
import socket
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.h11_impl import H11Protocol

from gaitprint.config import require
from gaitprint.errors import DataError
from gaitprint.service.app import create_app
from gaitprint.service.settings import ServiceSettings
from gaitprint.service.state import Service

_LOG = logging.getLogger(__name__)
PORT = 8321
_HEAD_SECONDS = 10.0
"""A request whose first lines have not come within it is given up."""
_CONNECTIONS = 1000
"""Beyond so many, whoever comes is told 503."""


@dataclass(frozen=True)
class Address:
    """Where the service listens."""

    host: str = "127.0.0.1"
    port: int = PORT
    """0: any that is free."""
    certificate: Path | None = None
    """PEM file; None: HTTP without TLS."""
    private_key: Path | None = None

    def __post_init__(self) -> None:
        require(0 <= self.port <= 65535, f"a port lies between 0 and 65535, found {self.port}")
        require(
            (self.certificate is None) == (self.private_key is None),
            "a certificate and its private key come together: give both, or none of them",
        )

    @property
    def local(self) -> bool:
        """Whether only this machine can reach it."""
        return self.host in ("127.0.0.1", "::1", "localhost")

    def listen(self) -> socket.socket:
        """Open the port.

        Raises:
            DataError: it is taken, or no address of this machine.
        """
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        # said in full: only then small packets are sent at once (TCP_NODELAY), and 40 ms a request are saved
        made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        try:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            made.bind((self.host, self.port))
        except OSError as error:
            made.close()
            raise DataError(
                f"{self.host}:{self.port} cannot be listened on ({error.strerror or error}): choose another --port or "
                "--host"
            ) from None
        return made

    def url(self, port: int) -> str:
        """Where a browser on this machine finds it."""
        host = f"[{self.host}]" if ":" in self.host else "localhost" if self.host == "0.0.0.0" else self.host  # noqa: S104
        return f"{'https' if self.certificate else 'http'}://{host}:{port}"


def serve(
    gallery: Path,
    address: Address,
    settings: ServiceSettings,
    model: Path | None = None,
    state: Path | None = None,
    say: Callable[[str, str], None] = lambda url, key: None,
) -> None:
    """Serve a gallery until SIGTERM or Ctrl-C; what was accepted until then is finished, the rest refused.

    Args:
        gallery: the file.
        address: where to listen.
        settings: limits.
        model: a model file, which makes vectors of silhouettes; None: only vectors are taken.
        state: the file of keys and webhooks; None: beside the gallery.
        say: called once it listens, with its address and the first key, which is empty at every later start.

    Raises:
        ArtefactError: no gallery. DataError: it cannot be read, or the port is taken.
    """
    port = address.listen()
    try:
        app = create_app(gallery, settings, model, state)
        service: Service = app.state.service
        key = service.first_key()
        server = GracefulServer(app, address)
        # said before the first request can come: whoever waits for the line finds the port open
        port.listen(128)
        say(address.url(port.getsockname()[1]), key)
        server.run(sockets=[port])
    finally:
        port.close()


@contextmanager
def serving(
    gallery: str | Path,
    settings: ServiceSettings = ServiceSettings(),
    model: Path | None = None,
    address: Address = Address(port=0),
) -> Iterator[tuple[str, str]]:
    """Serve a gallery from a thread of this process, for the length of a block.

    Args:
        gallery: the file.
        settings: limits.
        model: see `serve`.
        address: where to listen; any free port where none is given.

    Yields:
        Its address, and the first key, which is empty where the gallery has keys already.

    Raises:
        ArtefactError: no gallery. DataError: it cannot be read, or the port is taken.
    """
    with address.listen() as port:
        app = create_app(gallery, settings, model)
        server = GracefulServer(app, address)
        key = server.service.first_key()
        # connections wait in the port until the thread takes them
        port.listen(128)
        thread = threading.Thread(target=server.run, args=([port],), name="gaitprint-serving")
        thread.start()
        try:
            yield address.url(port.getsockname()[1]), key
        finally:
            server.stop()
            thread.join()


def _config(app: FastAPI, address: Address, settings: ServiceSettings) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=PatientProtocol,
        ws="none",
        lifespan="on",
        log_config=None,
        # addresses of pages hold names that are looked for
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=_CONNECTIONS,
        timeout_graceful_shutdown=max(int(settings.stop_seconds), 1),
        ssl_certfile=address.certificate,
        ssl_keyfile=address.private_key,
    )


class GracefulServer(uvicorn.Server):
    """A server that says it is stopping before it stops.

    Args:
        app: of `create_app`.
        address: for its certificate.
    """

    def __init__(self, app: FastAPI, address: Address) -> None:
        self.service: Service = app.state.service
        super().__init__(_config(app, address, self.service.settings))

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Answer SIGTERM and Ctrl-C; a second one ends at once. They are not raised again: this is no failure."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        numbers = (signal.SIGINT, signal.SIGTERM)
        before = {number: signal.signal(number, self.handle_exit) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """See `uvicorn.Server`."""
        del sig, frame
        self.force_exit = self.should_exit
        self.stop()

    def stop(self) -> None:
        """Take nothing more, finish what was taken, and end."""
        self.service.stopping = True
        self.should_exit = True


class PatientProtocol(H11Protocol):
    """HTTP from clients who are not waited for without end: the first lines of a request have to come in time."""

    _waited: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """See `asyncio.Protocol`."""
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        """See `asyncio.Protocol`."""
        super().data_received(data)
        # a request is being answered: whoever reads its body has a clock of their own
        if self.cycle is not None and not self.cycle.response_complete:
            self._wait_no_more()
        elif self._waited is None:
            self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """See `asyncio.Protocol`."""
        self._wait_no_more()
        super().connection_lost(exc)

    def _wait(self) -> None:
        self._waited = self.loop.call_later(_HEAD_SECONDS, self._give_up)

    def _wait_no_more(self) -> None:
        if self._waited is not None:
            self._waited.cancel()
            self._waited = None

    def _give_up(self) -> None:
        self._waited = None
        if self.cycle is None or self.cycle.response_complete:
            self.transport.close()
