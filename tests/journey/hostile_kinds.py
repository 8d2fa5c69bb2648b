"""What a kind of hostile input is: a small clean data set, one bad thing in it, and what has to become of it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from gaitprint.layouts.miniature import figure, write_array, write_images

LEFT_OUT, REFUSED, KEPT = "left out", "refused", "kept"
EITHER = "either"
"""Kept or left out: what a decoder makes of half an image may look like a body or like none."""
"""That sequence is in quarantine; the whole run is refused in one line; or what looks bad is harmless."""

BAD = "002/nm-01/000"
"""Key of the sequence that is spoilt; the others lie before and behind it."""
CASIA = ("--dataset", "casia-b")


@dataclass
class Scene:
    """One run of the commands: where everything lies, and what is asked for."""

    root: Path
    source: Path = field(init=False)
    options: tuple[str, ...] = CASIA

    def __post_init__(self) -> None:
        self.source = self.set

    @property
    def set(self) -> Path:
        """The clean data set that is spoilt."""
        return self.root / "set"

    @property
    def leaf(self) -> Path:
        """The folder of the spoilt sequence."""
        return self.set / BAD

    @property
    def out(self) -> Path:
        return self.root / "out"

    @property
    def outside(self) -> Path:
        """Files of others, which nothing may touch or take in."""
        return self.root / "outside"

    @property
    def canary(self) -> Path:
        """A file that is there only if something was executed."""
        return self.root / "canary"

    def put(self, place: str, data: bytes) -> Path:
        """Write a file below the data set."""
        path = self.set / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return path


@dataclass(frozen=True)
class Kind:
    """One way of being hostile."""

    family: str
    name: str
    spoil: Callable[[Scene], None]
    """Puts the bad thing there and asserts that it is."""
    says: str
    """Words of the reason."""
    outcome: str = LEFT_OUT

    @property
    def id(self) -> str:
        return f"{self.family}: {self.name}"


class Family:
    """A list of kinds that grows by decoration."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.kinds: list[Kind] = []

    def add(self, name: str, says: str, outcome: str = LEFT_OUT) -> Callable[[Callable[[Scene], None]], None]:
        """Enter the function below as a kind."""
        return lambda spoil: self.kinds.append(Kind(self.name, name, spoil, says, outcome))

    def file(
        self,
        name: str,
        file: str,
        data: bytes | Callable[[Scene], bytes],
        holds: bytes | Callable[[bytes], bool],
        says: str,
        outcome: str = LEFT_OUT,
    ) -> None:
        """Enter a kind that is one file in the spoilt sequence's folder."""

        def spoil(scene: Scene) -> None:
            content = data(scene) if callable(data) else data
            scene.put(f"{BAD}/{file}", content)
            assert holds(content) if callable(holds) else holds in content

        self.add(name, says, outcome)(spoil)


def write_clean(root: Path) -> None:
    """Three sequences in three forms, and room for the fourth."""
    frames = {subject: figure(int(subject)) for subject in ("001", "003")}
    write_array(root / "001" / "nm-01" / "000", frames["001"])
    place = root / "003" / "nm-01" / "000"
    place.mkdir(parents=True)
    np.save(place / "000.npy", frames["003"])
    write_images(root / "004" / "nm-01" / "000", figure(4, height=100, width=80))


def is_cut(whole: bytes) -> Callable[[bytes], bool]:
    """Whether a file is a true beginning of another."""
    return lambda data: len(data) < len(whole) and whole.startswith(data)
