"""What other people's GaitGL files call their tensors, and what we call them."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

from torch import Tensor

TOOLKIT_MARK = "GLConvA0."
AUTHORS_MARK = "conv2dlayer1a."
"""Keys that begin so give the origin away."""


@dataclass(frozen=True)
class KeyPlan(ABC):
    """Names of one network: theirs to ours, and what follows from them."""

    head: str
    trunk: dict[str, str]
    """Always needed: everything up to the embedding."""
    classifier: dict[str, str]
    """Needed by the classifier of the training subjects alone."""
    title: ClassVar[str]
    """For people."""
    wrong_shapes: ClassVar[str]
    """What a file has whose tensors' axes are too few or too many."""

    @property
    @abstractmethod
    def network(self) -> str:
        """The component."""

    @abstractmethod
    def settings(self, state: dict[str, Tensor]) -> dict[str, Any]:
        """The settings that keys and shapes tell of.

        Raises:
            ValueError, IndexError: a tensor has another number of axes.
        """

    @abstractmethod
    def summary(self, settings: dict[str, Any]) -> str:
        """What was recognised, for people."""


@dataclass(frozen=True)
class GaitGLKeys(KeyPlan):
    """Of a GaitGL."""

    form: str
    strips: int
    short_clip: str
    title: ClassVar[str] = "GaitGL"
    wrong_shapes: ClassVar[str] = "kernels that are not 5-D or a head that is not [parts, in, out]"

    @property
    def network(self) -> str:
        """See `KeyPlan`."""
        return "gaitgl"

    def settings(self, state: dict[str, Tensor]) -> dict[str, Any]:
        """See `KeyPlan`."""
        after = ["after_pool.0", "after_pool.1"] if self.form == "casia-b" else ["after_pool.0", "after_pool.3"]
        widths = ["stem.0", "before_pool.0.whole", *(f"{layer}.whole" for layer in after)]
        kernels = [state[f"{name}.weight"] for name in widths]
        linear = state["head.linear.weight"]
        if linear.ndim != 3 or any(kernel.ndim != 5 for kernel in kernels):
            raise ValueError(self.wrong_shapes)
        channels = [kernel.shape[0] for kernel in kernels]
        return {
            "form": self.form,
            "channels": channels[:3] if self.form == "casia-b" else channels,
            "strips": self.strips,
            "head": self.head,
            "height": linear.shape[0],
            "short_clip": self.short_clip,
        }

    def summary(self, settings: dict[str, Any]) -> str:
        """See `KeyPlan`."""
        return f"GaitGL, form {self.form}, {self.strips} strips, head {self.head}, channels {settings['channels']}"


def authors_plan() -> KeyPlan:
    """The competition form as its authors' `-encoder.ptm` names it."""
    layers = {
        "conv2dlayer2a": "before_pool.0",
        "conv2dlayer25a_3d": "after_pool.0",
        "conv2dlayer25b_3d": "after_pool.1",
        "conv2dlayer3a_3d": "after_pool.2",
        "conv2dlayer3b_3d": "after_pool.3",
    }
    trunk = {"conv2dlayer1a.conv1.weight": "stem.0.weight", "pool2d1.conv1.weight": "aggregation.weight"}
    trunk |= _branches(layers, "convdg", "convdl") | {"Gem.p": "pooling.power", "fc_bin.0": "head.linear.weight"}
    return GaitGLKeys("plain", trunk, {}, "competition", 2, "authors")


def toolkit_plan(keys: frozenset[str]) -> KeyPlan:
    """The form of the reference toolkit that has these keys: single or double blocks, shared or separate BatchNorm.

    The toolkit itself chooses by the data set's name; single blocks mean 8 strips, double ones 2.
    """
    trunk = {"conv3d.0.conv3d.weight": "stem.0.weight", "LTA.0.conv3d.weight": "aggregation.weight"}
    # of double blocks only: a single one has its branches right below `GLConvA0`
    if any(key.startswith("GLConvA0.0.") for key in keys):
        form, strips = "oumvlp", 2
        trunk["conv3d.2.conv3d.weight"] = "stem.1.weight"
        layers = {"GLConvA0.0": "before_pool.0", "GLConvA0.1": "before_pool.1"}
        layers |= {"GLConvA1.0": "after_pool.0", "GLConvA1.1": "after_pool.1"}
        layers |= {"GLConvB2.0": "after_pool.2", "GLConvB2.1": "after_pool.3"}
    else:
        form, strips = "casia-b", 8
        layers = {"GLConvA0": "before_pool.0", "GLConvA1": "after_pool.0", "GLConvB2": "after_pool.1"}
    trunk |= _branches(layers, "global_conv3d.conv3d", "local_conv3d.conv3d")
    trunk |= {"HPP.p": "pooling.power", "Head0.fc_bin": "head.linear.weight"}
    if any(key.startswith("BNNecks.") for key in keys):
        return GaitGLKeys("separate-bnneck", trunk, neck_keys(), form, strips, "opengait")
    classifier = {"Head1.fc_bin": "head.classifier.weight"}
    return GaitGLKeys("shared-bn", trunk | norm_keys("Bn", "head.norm"), classifier, form, strips, "opengait")


def _branches(layers: dict[str, str], whole: str, local: str) -> dict[str, str]:
    pairs = {f"{theirs}.{whole}.weight": f"{ours}.whole.weight" for theirs, ours in layers.items()}
    return pairs | {f"{theirs}.{local}.weight": f"{ours}.local.weight" for theirs, ours in layers.items()}


def norm_keys(theirs: str, ours: str) -> dict[str, str]:
    """Of a BatchNorm."""
    entries = ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")
    return {f"{theirs}.{entry}": f"{ours}.{entry}" for entry in entries}


def neck_keys() -> dict[str, str]:
    """Of the toolkit's separate BN-neck, its classifier included."""
    return norm_keys("BNNecks.bn1d", "head.norm") | {"BNNecks.fc_bin": "head.classifier.weight"}
