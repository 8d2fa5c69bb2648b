"""A service that listens on loopback in a thread of this process."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from gaitprint.service.app import create_app
from gaitprint.service.server import Address, GracefulServer
from gaitprint.service.settings import ServiceSettings
from gaitprint.service.state import Service


@dataclass
class Served:
    """A running service and its first key."""

    url: str
    key: str
    service: Service
    server: GracefulServer

    def client(self, key: str | None = None) -> httpx.Client:
        """Somebody with the first key, another one, or (an empty text) none."""
        text = self.key if key is None else key
        return httpx.Client(base_url=self.url, headers={"Authorization": f"Bearer {text}"} if text else {}, timeout=60)

    def key_for(self, *scopes: str, cameras: list[str] | None = None) -> str:
        return self.service.keys.create(" ".join(scopes), list(scopes), cameras)[1]


@contextmanager
def served(gallery: Path, **limits: Any) -> Iterator[Served]:
    """The service of a gallery, until the block ends."""
    address = Address(port=0)
    port = address.listen()
    app = create_app(gallery, ServiceSettings(**limits))
    key = app.state.service.first_key()
    server = GracefulServer(app, address)
    thread = threading.Thread(target=server.run, args=([port],))
    thread.start()
    try:
        while not server.started and thread.is_alive():
            time.sleep(0.01)
        yield Served(address.url(port.getsockname()[1]), key, app.state.service, server)
    finally:
        server.stop()
        thread.join()
