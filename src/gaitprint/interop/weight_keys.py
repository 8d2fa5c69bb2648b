"""What other people's GaitGL files call their tensors, and what we call them."""

from dataclasses import dataclass

TOOLKIT_MARK = "GLConvA0."
AUTHORS_MARK = "conv2dlayer1a."
"""Keys that begin so give the origin away."""


@dataclass(frozen=True)
class KeyPlan:
    """Names of one form: theirs to ours, and what follows from the form."""

    form: str
    strips: int
    head: str
    short_clip: str
    trunk: dict[str, str]
    """Always needed: everything up to the embedding."""
    classifier: dict[str, str]
    """Needed by the classifier of the training subjects alone."""


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
    return KeyPlan("competition", 2, "plain", "authors", trunk, {})


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
        neck = _norm("BNNecks.bn1d") | {"BNNecks.fc_bin": "head.classifier.weight"}
        return KeyPlan(form, strips, "separate-bnneck", "opengait", trunk, neck)
    return KeyPlan(
        form, strips, "shared-bn", "opengait", trunk | _norm("Bn"), {"Head1.fc_bin": "head.classifier.weight"}
    )


def _branches(layers: dict[str, str], whole: str, local: str) -> dict[str, str]:
    pairs = {f"{theirs}.{whole}.weight": f"{ours}.whole.weight" for theirs, ours in layers.items()}
    return pairs | {f"{theirs}.{local}.weight": f"{ours}.local.weight" for theirs, ours in layers.items()}


def _norm(prefix: str) -> dict[str, str]:
    entries = ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")
    return {f"{prefix}.{entry}": f"head.norm.{entry}" for entry in entries}
