"""Changes of training clips by chance, one a file. A recipe names those it wants; without a name nothing is changed."""

from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float32


@runtime_checkable
class Augmentation(Protocol):
    """Changes a clip, or by chance leaves it as it is."""

    def __call__(
        self, clip: Float32[np.ndarray, "T H W"], generator: np.random.Generator
    ) -> Float32[np.ndarray, "T H W"]:
        """A clip of the same shape in [0, 1]: all frames changed alike, the one that was given left as it was.

        Where chance leaves it as it is, the answer may be the very array that was given.
        """
