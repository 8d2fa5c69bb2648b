"""What a codec is, in a name that tables can print: `fp16`, `int8-part`, `pq-8`, `pca-128`, `pca-128-int8`."""

import re
from dataclasses import dataclass
from typing import Literal

from gaitprint.config import require
from gaitprint.errors import ConfigError

PackingName = Literal["float32", "fp16", "int8", "int8-part", "pq"]

_PACKING = r"(?P<packing>float32|fp16|int8-part|int8|pq(?:-[1-9]\d*)?)"
_NAMES = (re.compile(_PACKING), re.compile(rf"pca(?:-(?P<width>[1-9]\d*))?(?:-{_PACKING})?"))


@dataclass(frozen=True)
class CodecSettings:
    """A reduction, then a packing."""

    width: int = 0
    """Principal components that stay; 0: no PCA, all floats stay."""
    packing: PackingName = "float32"
    """How each float is kept: as it is, in half precision, as a whole number with one scale a vector (`int8`) or a part
    (`int8-part`), or as the nearest centre of a codebook (`pq`)."""
    pieces: int = 4
    """For `pq`: pieces of each part, each with a codebook of its own and one byte of the template."""
    centres: int = 256
    """For `pq`: the most centres a codebook may hold; a byte counts to 256."""

    def __post_init__(self) -> None:
        require(self.width >= 0, f"width is 0 (no PCA) or more, found {self.width}")
        require(self.pieces >= 1, f"pieces of a part are 1 or more, found {self.pieces}")
        require(1 <= self.centres <= 256, f"centres of a codebook are 1 to 256, found {self.centres}")

    @property
    def name(self) -> str:
        """The name that `named` reads; the number of centres is not in it."""
        packing = f"pq-{self.pieces}" if self.packing == "pq" else str(self.packing)
        if not self.width:
            return packing
        return f"pca-{self.width}" if packing == "float32" else f"pca-{self.width}-{packing}"

    @property
    def learns(self) -> bool:
        """Whether it has to see training vectors."""
        return self.width > 0 or self.packing == "pq"


def named(name: str) -> CodecSettings:
    """The settings of a name; `pca` alone keeps 128 components, `pq` alone cuts each part in 4 pieces.

    >>> named("pca-64-int8")
    CodecSettings(width=64, packing='int8', pieces=4, centres=256)

    Raises:
        ConfigError: no codec has such a name.
    """
    found = next((match for pattern in _NAMES if (match := pattern.fullmatch(name))), None)
    if found is None:
        raise ConfigError(f"no codec is called {name!r}: known: fp16, int8, int8-part, pq-8, pca-128, pca-128-int8")
    groups = found.groupdict()
    width = int(groups["width"] or 128) if "width" in groups else 0
    packing, _, pieces = (groups["packing"] or "float32").partition("pq-")
    kind: PackingName = "pq" if pieces else packing  # type: ignore[assignment]
    return CodecSettings(width, kind, int(pieces or 4))
