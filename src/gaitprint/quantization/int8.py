"""Packing: whole numbers from -127 to 127 and one scale for a vector or for each of its parts."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from gaitprint.quantization.packing import Codes, Form

_LARGEST = 127
"""Of a signed byte; -128 is left out, so that x and -x have codes alike."""
_ROWS = 1024


@dataclass(frozen=True)
class WholeNumbers:
    """Off by half a scale at most; the scale is the largest size among the floats that share it, over 127."""

    slices: tuple[slice, ...]
    """The floats that share a scale: all of them, or each part's."""

    @property
    def form(self) -> Form:
        return {"codes": (np.dtype("i1"), self.slices[-1].stop), "scales": (np.dtype("<f4"), len(self.slices))}

    @property
    def learned(self) -> Mapping[str, np.ndarray]:
        return {}

    def pack(self, vectors: Float32[np.ndarray, "N W"]) -> Codes:
        """The nearest whole numbers of scales; zeros have the scale 0."""
        starts = [s.start for s in self.slices]
        codes = np.empty(vectors.shape, np.int8)
        scales = np.empty((len(vectors), len(starts)), np.float32)
        for first in range(0, len(vectors), _ROWS):
            block = vectors[first : first + _ROWS]
            scale = np.maximum.reduceat(np.abs(block), starts, axis=1) / np.float32(_LARGEST)
            # in double precision, so that the nearest whole number is the nearest
            spread = self._spread(scale).astype(np.float64)
            ratio = np.divide(block, spread, out=np.zeros(block.shape), where=spread > 0)
            codes[first : first + _ROWS] = np.clip(np.rint(ratio), -_LARGEST, _LARGEST)
            scales[first : first + _ROWS] = scale
        return {"codes": codes, "scales": scales}

    def unpack(self, codes: Codes) -> Float32[np.ndarray, "N W"]:
        """Whole numbers times scales."""
        result = codes["codes"].astype(np.float32)
        if len(self.slices) == 1:
            result *= codes["scales"]
        else:
            result *= self._spread(codes["scales"])
        return result

    def _spread(self, scales: Float32[np.ndarray, "N S"]) -> Float32[np.ndarray, "N W"]:
        """Each float's scale."""
        return np.repeat(scales, [s.stop - s.start for s in self.slices], axis=1)
