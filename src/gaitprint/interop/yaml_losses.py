"""The terms of a foreign configuration's loss: the toolkit's triplet and cross-entropy losses."""

from typing import Any

from gaitprint.components import component_names
from gaitprint.errors import ConfigError
from gaitprint.interop.key_ledger import Account

NAMES = {"TripletLoss": "part-triplet", "CrossEntropyLoss": "part-softmax"}
"""Ours by the toolkit's names; both average over the parts in the same way."""
_IN_LOGS = {
    "log_prefix": "a loss here knows which output it reads, and figures carry the loss's name",
    "log_accuracy": "the accuracy always stands in history.jsonl",
    "gather_and_scale": "one process trains, so that every loss sees the whole batch",
}


def read_losses(account: Account) -> list[dict[str, Any]]:
    """The recipe's `losses`.

    Raises:
        ConfigError: a value of the wrong type, or no loss that is here.
    """
    places = account.tables("loss_cfg")
    if not places:
        account.settle("loss_cfg", "used", "losses = part-triplet, margin 0.2, weight 1.0")
        return [{"name": "part-triplet", "weight": 1.0, "settings": {"margin": 0.2}}]
    losses = [loss for place in places if (loss := _read_loss(account, place)) is not None]
    if not losses:
        raise ConfigError(
            f"loss_cfg names no loss that is here and has a weight: of the toolkit's there are {' and '.join(NAMES)}"
        )
    return losses


def _read_loss(account: Account, place: str) -> dict[str, Any] | None:
    """One term, or None where there is no such loss or its weight is 0."""
    kind = account.word(f"{place}.type", "TripletLoss")
    if kind not in NAMES:
        account.settle(f"{place}.type", "unused", f"no such loss here; there are {', '.join(component_names('loss'))}")
        account.settle_below(place, f"a setting of {kind!r}, which is left out")
        return None
    weight_key = f"{place}.loss_term_weight"
    if weight_key not in account and f"{place}.loss_term_weights" in account:
        weight_key = f"{place}.loss_term_weights"
    weight = account.number(weight_key, 1.0)
    if weight == 0:
        account.settle(weight_key, "changed", "a loss without weight is left out")
        account.settle_below(place, "a setting of a loss without weight, which is left out")
        return None
    name = NAMES[kind]
    account.settle(f"{place}.type", "used", f"losses: {name}")
    account.settle(weight_key, "used", f"weight = {weight} of {name}")
    settings = _margin(account, place) if kind == "TripletLoss" else _softmax(account, place)
    for key, why in _IN_LOGS.items():
        account.settle(f"{place}.{key}", "unused", why)
    return {"name": name, "weight": weight, "settings": settings}


def _margin(account: Account, place: str) -> dict[str, Any]:
    margin = account.number(f"{place}.margin", 0.2)
    account.settle(f"{place}.margin", "used", f"margin = {margin} of part-triplet")
    return {"margin": margin}


def _softmax(account: Account, place: str) -> dict[str, Any]:
    """The toolkit's own values are a scale of 16 and smoothing by 0.1, where a configuration does not say."""
    scale = account.number(f"{place}.scale", 16.0)
    account.settle(f"{place}.scale", "used", f"scale = {scale} of part-softmax")
    smooth = account.flag(f"{place}.label_smooth", True)
    share = account.number(f"{place}.eps", 0.1) if smooth else 0.0
    account.settle(f"{place}.label_smooth", "used", f"label_smoothing = {share} of part-softmax")
    if f"{place}.eps" in account:
        account.settle(f"{place}.eps", "used" if smooth else "unused", f"label_smoothing = {share} of part-softmax")
    return {"scale": scale, "label_smoothing": share}
