"""Changes of training clips by chance, one a file. A recipe names those it wants; without a name nothing is changed."""

from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float32


@runtime_checkable
class Augmentation(Protocol):
    """Changes a clip, or by chance leaves it as it is; `gaitprint.testing.check_augmentation` tries all of it."""

    @property
    def settings(self) -> Any:
        """One of them is `probability`."""
        ...

    @property
    def drawn(self) -> bool:
        """Whether chance decides how a clip is changed, not only whether it is."""
        ...

    @property
    def frames_alike(self) -> bool:
        """Whether all frames of a clip are changed alike; otherwise the way somebody walks is changed too."""
        ...

    def __call__(
        self, clip: Float32[np.ndarray, "T H W"], generator: np.random.Generator
    ) -> Float32[np.ndarray, "T H W"]:
        """A clip of the same shape in [0, 1]; the one that was given stays as it was.

        Where chance leaves it as it is, the answer may be the very array that was given.
        """
