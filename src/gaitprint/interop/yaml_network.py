"""Which network a foreign configuration trains; of the toolkit's GaitGL the depth follows from the data set's name."""

from typing import Any

from gaitprint.components import component_names
from gaitprint.config import require
from gaitprint.errors import ConfigError
from gaitprint.interop.key_ledger import Account
from gaitprint.interop.yaml_frames import READERS, is_gaitbase, settle_neck

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
    left_out = "" if "model_cfg.model" in account else ", the toolkit's own choice where the key is missing"
    if model == "Baseline" and is_gaitbase(account):
        return
    if model not in ("GaitGL", *READERS) or model == "Baseline":
        here = ", ".join(component_names("network"))
        raise ConfigError(
            f"model_cfg.model is {model!r}{left_out}: of the toolkit's networks GaitGL, DeepGaitV2, GaitSet and "
            f"GaitBase (a Baseline whose backbone_cfg.type is ResNet9) are here. Networks here: {here}; start from a "
            "shipped recipe, see `gaitprint model list`"
        )


def read_network(account: Account, height: int) -> dict[str, Any]:
    """The recipe's `network` for frames of `height` rows.

    Raises:
        ConfigError: a value of the wrong type, or widths that are not those of the form.
    """
    model = account.word("model_cfg.model", "Baseline")
    if model in READERS:
        return READERS[model](account)
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
        settle_neck(account, settings.get("channels", [256 if form == "oumvlp" else 128])[-1], PARTS)
    if height != PARTS:
        settings["height"] = height
    return {"name": "gaitgl", "settings": settings}
