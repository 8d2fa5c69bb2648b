"""The journal of a tuning: one JSON line a pipeline and set of subjects, so that a stopped tuning goes on."""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float64

from gaitprint.atomic_files import check_writable
from gaitprint.errors import ArtefactError

FORMAT = "gaitprint-tuning"


class Journal:
    """Figures by set and pipeline; what is noted stands on disk at once.

    Its first line says what is tuned on what. A line that was being written when the machine stopped is dropped.

    Raises:
        ArtefactError: the file is no such journal, or of another tuning.
    """

    def __init__(self, path: Path | None, about: dict[str, Any]) -> None:
        self._path = None if path is None else Path(path)
        self._scores: dict[tuple[str, str], Float64[np.ndarray, " S"]] = {}
        if self._path is None:
            return
        head = {"format": FORMAT, "version": 1, **about}
        if self._path.exists():
            self._read(self._path, head)
        else:
            check_writable(self._path)
            _append(self._path, [head])

    def __len__(self) -> int:
        return len(self._scores)

    def find(self, name: str, key: str) -> Float64[np.ndarray, " S"] | None:
        """What was noted of a set and a pipeline; None: nothing yet."""
        return self._scores.get((name, key))

    def note(self, name: str, found: dict[str, Float64[np.ndarray, " S"]]) -> None:
        """Add figures of a set, by pipeline."""
        self._scores.update({(name, key): values for key, values in found.items()})
        if self._path is not None:
            _append(
                self._path, [{"set": name, "pipeline": key, "rank-1": [*map(float, v)]} for key, v in found.items()]
            )

    def _read(self, path: Path, head: dict[str, Any]) -> None:
        try:
            text = path.read_bytes()
            # what follows the last line break was cut by a stop
            whole = text[: text.rfind(b"\n") + 1]
            lines = [json.loads(line) for line in whole.splitlines()]
            if lines and lines[0].get("format") != FORMAT:
                raise ValueError("its first line is of something else")
            for line in lines[1:]:
                self._scores[str(line["set"]), str(line["pipeline"])] = np.array(line["rank-1"], np.float64)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ArtefactError(
                f"{path} is no journal of a tuning ({error}): remove it, or choose another --out"
            ) from None
        # as it comes back from JSON: tuples are lists there
        if lines and lines[0] != json.loads(json.dumps(head)):
            differs = next((k for k in head if lines[0].get(k) != json.loads(json.dumps(head[k]))), "version")
            raise ArtefactError(
                f"{path} is the journal of a tuning with another {differs}: remove it to begin anew, or choose another "
                "--out"
            )
        if len(whole) < len(text):
            with path.open("r+b") as stream:
                stream.truncate(len(whole))
        if not lines:
            _append(path, [head])


def _append(path: Path, lines: list[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as stream:
        stream.write(b"".join(json.dumps(line, allow_nan=False).encode() + b"\n" for line in lines))
        stream.flush()
        os.fsync(stream.fileno())
