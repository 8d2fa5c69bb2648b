"""The toolkit's DeepGaitV2, GaitBase and GaitSet in a foreign configuration."""

from collections.abc import Callable
from typing import Any

from gaitprint.components import component_names
from gaitprint.config import require
from gaitprint.interop.key_ledger import Account, shown

_NECK, _FCS, _BONE, _BASE = (f"model_cfg.{k}" for k in ("SeparateBNNecks", "SeparateFCs", "Backbone", "backbone_cfg"))
_COUNTED = "the training subjects of the store are counted"


def is_gaitbase(account: Account) -> bool:
    """Whether a Baseline is the residual network that its authors call GaitBase."""
    account.require_table(_BASE)
    return account.word(f"{_BASE}.type", "") == "ResNet9"


def settle_neck(account: Account, width: int, parts: int) -> None:
    """The separate BN-neck; the presence of its table asks for it, its numbers follow from the network."""
    head = "network.settings.head = 'separate-bnneck'"
    account.agree(_NECK, True, head)
    account.settle(f"{_NECK}.class_num", "unused", _COUNTED)
    for key, here in (("in_channels", width), ("parts_num", parts)):
        same = account.whole(f"{_NECK}.{key}", here) == here
        account.agree(f"{_NECK}.{key}", same, f"{head}: {here}, as the network has")
    for key, meaning in (
        ("norm", "its logits are cosines"),
        ("parallel_BN1d", "one BatchNorm over parts and channels"),
    ):
        account.agree(f"{_NECK}.{key}", account.flag(f"{_NECK}.{key}", True), f"{head}: {meaning}")


def _read_deepgait(account: Account) -> dict[str, Any]:
    _settle_data(account, "deepgait")
    kind = account.word(f"{_BONE}.mode", "p3d")
    account.settle(f"{_BONE}.mode", "used", f"network.settings.kind = {kind!r}")
    shape = _shape(account, _BONE, {"channels": "channels", "layers": "blocks"})
    _settle_silhouettes(account, f"{_BONE}.in_channels")
    before = not account.flag("model_cfg.use_emb2", False)
    account.agree("model_cfg.use_emb2", before, "the embedding is what stands before the BN-neck")
    settle_neck(account, shape["channels"][2], 16)
    return {"name": "deepgait", "settings": {"kind": kind, **shape}}


def _read_gaitbase(account: Account) -> dict[str, Any]:
    _settle_data(account, "gaitbase")
    account.settle(f"{_BASE}.type", "used", "network.name = 'gaitbase'")
    for key, default, wanted in (("block", "BasicBlock", "BasicBlock"), ("maxpool", True, False)):
        found = account.raw(f"{_BASE}.{key}") if f"{_BASE}.{key}" in account else default
        require(found == wanted, f"{_BASE}.{key} is {shown(found)}: gaitbase here has {wanted!r} alone")
        account.settle(f"{_BASE}.{key}", "used", f"network.name = 'gaitbase', which has {wanted!r}")
    settings = _shape(account, _BASE, {"channels": "channels", "layers": "blocks", "strides": "strides"})
    _settle_silhouettes(account, f"{_BASE}.in_channel")
    embedding, parts = _head(account, settings["channels"][-1], 16)
    settle_neck(account, embedding, parts)
    bands = account.wholes("model_cfg.bin_num", (16, 8, 4, 2, 1))
    require(bands == [parts], f"model_cfg.bin_num is [{parts}], as many strips as parts, for gaitbase; found {bands}")
    account.settle("model_cfg.bin_num", "used", f"network.settings.parts = {parts}")
    return {"name": "gaitbase", "settings": settings | {"embedding": embedding, "parts": parts}}


def _read_gaitset(account: Account) -> dict[str, Any]:
    _settle_data(account, "gaitset")
    channels = account.wholes("model_cfg.in_channels", (1, 32, 64, 128))
    require(
        len(channels) == 4 and channels[0] == 1,
        f"model_cfg.in_channels is 1 and three widths for GaitSet, found {channels}",
    )
    account.settle("model_cfg.in_channels", "used", f"network.settings.channels = {channels[1:]}")
    bands = account.wholes("model_cfg.bin_num", (16, 8, 4, 2, 1))
    account.settle("model_cfg.bin_num", "used", f"network.settings.bands = {bands}")
    embedding, _ = _head(account, channels[-1], 2 * sum(bands))
    return {"name": "gaitset", "settings": {"channels": channels[1:], "bands": bands, "embedding": embedding}}


READERS: dict[str, Callable[[Account], dict[str, Any]]] = {
    "DeepGaitV2": _read_deepgait,
    "Baseline": _read_gaitbase,
    "GaitSet": _read_gaitset,
}
"""The network of a recipe from a configuration, by the toolkit's names."""


def _settle_data(account: Account, name: str) -> None:
    account.settle("model_cfg.model", "used", f"network.name = {name!r}")
    data = account.word("data_cfg.dataset_name", "CASIA-B")
    layout = data.lower() if data.lower() in component_names("dataset") else "opengait"
    account.settle("data_cfg.dataset_name", "unused", f"`gaitprint data prepare ROOT STORE --dataset {layout}`")


def _shape(account: Account, place: str, names: dict[str, str]) -> dict[str, list[int]]:
    """The numbers of the four stages, ours by theirs."""
    published = {"channels": (64, 128, 256, 512), "layers": (1, 1, 1, 1), "strides": (1, 2, 2, 1)}
    settings = dict[str, list[int]]()
    for theirs, ours in names.items():
        found = account.wholes(f"{place}.{theirs}", published[theirs])
        require(len(found) == 4, f"{place}.{theirs} has 4 numbers, one a stage, found {found}")
        account.settle(f"{place}.{theirs}", "used", f"network.settings.{ours} = {found}")
        settings[ours] = found
    return settings


def _head(account: Account, width: int, parts: int) -> tuple[int, int]:
    """Channels and parts of the embedding."""
    embedding, count = account.whole(f"{_FCS}.out_channels", 256), account.whole(f"{_FCS}.parts_num", parts)
    account.settle(f"{_FCS}.out_channels", "used", f"network.settings.embedding = {embedding}")
    account.settle(f"{_FCS}.parts_num", "used", f"{count} parts")
    same = account.whole(f"{_FCS}.in_channels", width) == width
    account.agree(f"{_FCS}.in_channels", same, f"{width}, as the network has")
    return embedding, count


def _settle_silhouettes(account: Account, key: str) -> None:
    account.agree(key, account.whole(key, 1) == 1, "silhouettes have one channel")
