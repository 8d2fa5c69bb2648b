"""Which network a foreign configuration trains: the toolkit's GaitGL, whose depth follows from the data set's name."""

from typing import Any

from gaitprint.components import component_names
from gaitprint.config import require
from gaitprint.errors import ConfigError
from gaitprint.interop.key_ledger import Account

TWO_BLOCKS = ("OUMVLP", "GREW")
"""The data sets for which the toolkit doubles its layers; under any other name it builds the form of CASIA-B."""
PARTS = 64
"""The toolkit's GaitGL has so many parts, whatever the frames' height."""
_NECK = "model_cfg.SeparateBNNecks"


def require_known_model(account: Account) -> None:
    """Refuse a configuration of any other network, before anything else about it can be wrong.

    Raises:
        ConfigError: with what there is.
    """
    account.require_table("model_cfg")
    model = account.word("model_cfg.model", "Baseline")
    if model != "GaitGL":
        here = ", ".join(component_names("network"))
        left_out = "" if "model_cfg.model" in account else ", the toolkit's own choice where the key is missing"
        raise ConfigError(
            f"model_cfg.model is {model!r}{left_out}: of the toolkit's networks only 'GaitGL' is here. Networks here: "
            f"{here}; start from a shipped recipe, see `gaitprint model list`"
        )


def read_network(account: Account, height: int) -> dict[str, Any]:
    """The recipe's `network` for frames of `height` rows.

    Raises:
        ConfigError: a value of the wrong type, or widths that are not those of the form.
    """
    account.settle("model_cfg.model", "used", "network.name = 'gaitgl'")
    data = account.word("data_cfg.dataset_name", "CASIA-B")
    form = "oumvlp" if data in TWO_BLOCKS else "casia-b"
    layout = data.lower() if data.lower() in component_names("dataset") else "opengait"
    account.settle(
        "data_cfg.dataset_name",
        "used",
        f"network.settings.form = {form!r}, for the toolkit picks the depth by this name; the data themselves: "
        f"`gaitprint data prepare ROOT STORE --dataset {layout}`",
    )
    settings: dict[str, Any] = {"form": form}
    if "model_cfg.channels" in account:
        channels = settings["channels"] = account.wholes("model_cfg.channels", ())
        widths = 4 if form == "oumvlp" else 3
        require(
            len(channels) == widths,
            f"model_cfg.channels has {widths} widths where data_cfg.dataset_name is {data!r} (the toolkit's GaitGL has "
            f"4 for {' and '.join(TWO_BLOCKS)}, 3 for all others), found {channels}",
        )
    account.settle(
        "model_cfg.channels", "used", f"network.settings.channels = {settings.get('channels', 'those of the form')}"
    )
    account.settle("model_cfg.class_num", "unused", "the training subjects of the store are counted")
    if _NECK in account:
        settings["head"] = "separate-bnneck"
        _settle_neck(account, settings.get("channels", [256 if form == "oumvlp" else 128])[-1])
    if height != PARTS:
        settings["height"] = height
    return {"name": "gaitgl", "settings": settings}


def _settle_neck(account: Account, width: int) -> None:
    """The separate BN-neck; the presence of its table asks for it, its numbers follow from the network."""
    head = "network.settings.head = 'separate-bnneck'"
    account.agree(_NECK, True, head)
    account.settle(f"{_NECK}.class_num", "unused", "the training subjects of the store are counted")
    for key, here in (("in_channels", width), ("parts_num", PARTS)):
        same = account.whole(f"{_NECK}.{key}", here) == here
        account.agree(f"{_NECK}.{key}", same, f"{head}: {here}, as the network has")
    for key, meaning in (
        ("norm", "its logits are cosines"),
        ("parallel_BN1d", "one BatchNorm over parts and channels"),
    ):
        account.agree(f"{_NECK}.{key}", account.flag(f"{_NECK}.{key}", True), f"{head}: {meaning}")
