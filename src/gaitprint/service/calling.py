"""How a client speaks with a service: one connection held open, errors in one line, patience where it is asked for."""

import io
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

import httpx
import numpy as np
from pydantic import TypeAdapter, ValidationError

from gaitprint.arguments import shown
from gaitprint.config import require
from gaitprint.errors import ConfigError, DataError, GaitprintError
from gaitprint.inference.embeddings_file import save_embeddings
from gaitprint.silhouettes.reading import load_frames
from gaitprint.silhouettes.taking import take_sequence
from gaitprint.types import Embeddings, Silhouettes

T = TypeVar("T")
SentWalks = Embeddings | Silhouettes | str | Path
"""Vectors, a walk of silhouettes, or the path of either, of a clip, or of a folder of images."""
_BUSY = (429, 503)
"""Nothing was done: asking again is safe."""


class ServiceError(GaitprintError):
    """A service refused, or could not be reached.

    Args:
        message: one line.
        status: of HTTP; 0: it was not reached.
        request: its id, which the log of the service has.
    """

    def __init__(self, message: str, status: int = 0, request: str = "") -> None:
        super().__init__(message)
        self.status, self.request = status, request


class Calls:
    """The connection of a client.

    Args:
        url: of the service, such as http://127.0.0.1:8321.
        key: as it was shown when it was made.
        timeout: seconds that an answer may take.
        patience: seconds in all that are waited where the service says that it is busy.
        sleep: waits.
    """

    def __init__(
        self,
        url: str,
        key: str,
        timeout: float = 120.0,
        patience: float = 60.0,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        require(
            url.startswith(("http://", "https://")), f"a service is at an address such as https://host, found {url!r}"
        )
        require(key.isascii() and key.isprintable(), "a key is what `gaitprint serve` showed, such as gp_1a2b3c4d_...")
        self._patience, self._sleep = patience, sleep
        # addresses and keys of the environment are not for it
        self._http = httpx.Client(
            base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=timeout, trust_env=False
        )

    def close(self) -> None:
        """Let go of the connection."""
        self._http.close()

    def __enter__(self) -> "Any":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _ask(self, kind: type[T], method: str, path: str, **how: Any) -> T:
        """A value of a kind, out of the JSON of an answer."""
        answer = self._answer(method, path, **how)
        try:
            return TypeAdapter(kind).validate_json(answer.content)
        except ValidationError as error:
            place = ".".join(str(part) for part in error.errors()[0]["loc"])
            raise ServiceError(
                f"{method} {path}: the answer is not as this version has it (at {place!r}): use the service's version"
            ) from None

    def _send(self, kind: type[T], path: str, part: str, walks: SentWalks | None, **fields: Any) -> T:
        """The same, with a file in a part of a form."""
        data = {name: value for name, value in fields.items() if value not in ("", (), [], None)}
        data = {n: list(v) if isinstance(v, tuple) else str(v) if isinstance(v, bool) else v for n, v in data.items()}
        if walks is None:
            return self._ask(kind, "POST", path, data=data)
        with opened_walks(walks) as (name, stream):
            return self._ask(kind, "POST", path, data=data, files={part: (name, stream)})

    def _download(self, path: str, to: Path) -> Path:
        """An answer into a new file."""
        if to.exists():
            raise ConfigError(f"{to} is there: choose another name")
        with self._told(), self._http.stream("GET", path) as answer:
            if not answer.is_success:
                answer.read()
                raise refusal(answer)
            # nothing is written over, whoever was quicker
            with to.open("xb") as out:
                for part in answer.iter_bytes():
                    out.write(part)
        return to

    def _answer(self, method: str, path: str, **how: Any) -> httpx.Response:
        # counted down: a service that is busy for good is not asked for good
        left = self._patience
        while True:
            # sent before, it stands at its end
            for _, stream in (how.get("files") or {}).values():
                stream.seek(0)
            with self._told():
                answer = self._http.request(method, path, **how)
            if answer.is_success:
                return answer
            said = answer.headers.get("retry-after", "")
            wait = float(said) if said.isdecimal() else 1.0
            if answer.status_code not in _BUSY or wait > left:
                raise refusal(answer)
            left -= wait
            self._sleep(wait)

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except httpx.TimeoutException:
            raise ServiceError(f"{self._http.base_url} did not answer in time: try again") from None
        except httpx.HTTPError as error:
            said = str(error) or type(error).__name__
            raise ServiceError(f"{self._http.base_url} cannot be reached ({said}): is `gaitprint serve` up?") from None


def refusal(answer: httpx.Response) -> ServiceError:
    """What a service said against a request, in one line."""
    try:
        said: Mapping[str, Any] = answer.json()
        return ServiceError(str(said["detail"]), answer.status_code, str(said["id"]))
    except (ValueError, KeyError, TypeError):
        return ServiceError(f"status {answer.status_code}, and not by a gaitprint service", answer.status_code)


@contextmanager
def opened_walks(walks: SentWalks) -> Iterator[tuple[str, Any]]:
    """Walks as a file that is sent: its name, and the open file.

    Raises:
        ConfigError: no walks. DataError: no such file, or a folder without a walk.
    """
    if isinstance(walks, Embeddings):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "walks.safetensors"
            save_embeddings(path, walks)
            with path.open("rb") as stream:
                yield path.name, stream
        return
    if isinstance(walks, Silhouettes):
        yield "walk.npz", packed(walks.frames)
        return
    if not isinstance(walks, str | Path):
        raise ConfigError(f"walks are Embeddings, Silhouettes or a path of them, found {shown(walks)}")
    path = Path(walks)
    if path.is_dir():
        yield f"{path.name}.npz", packed(take_sequence(load_frames(path)).frames)
        return
    if not path.is_file():
        raise DataError(f"no walks at {path}: check the path")
    with path.open("rb") as stream:
        yield path.name, stream


def packed(frames: np.ndarray) -> io.BytesIO:
    """Silhouettes as an .npz file in memory."""
    out = io.BytesIO()
    np.savez_compressed(out, frames=frames)
    out.seek(0)
    return out
