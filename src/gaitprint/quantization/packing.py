"""What every way to keep floats in fewer bytes can do."""

from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float32

Codes = Mapping[str, np.ndarray]
"""Named arrays with a row a template."""
Form = Mapping[str, tuple[np.dtype[Any], int]]
"""Of each array of codes: its type, and the values a template has in it."""


@runtime_checkable
class Packing(Protocol):
    """Floats to codes and back, each row by itself."""

    @property
    def form(self) -> Form:
        """What the codes look like."""
        ...

    @property
    def learned(self) -> Mapping[str, np.ndarray]:
        """What it took from training vectors."""
        ...

    def pack(self, vectors: Float32[np.ndarray, "N W"]) -> Codes:
        """The codes of finite vectors."""
        ...

    def unpack(self, codes: Codes) -> Float32[np.ndarray, "N W"]:
        """The floats that codes stand for."""
        ...


def template_bytes(form: Form) -> int:
    """Bytes of one template's codes."""
    return sum(kind.itemsize * values for kind, values in form.values())
