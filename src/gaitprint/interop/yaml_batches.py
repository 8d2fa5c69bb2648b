"""Batches, clips and length of a foreign configuration's training."""

from typing import Any

from gaitprint.config import require
from gaitprint.interop.key_ledger import Account, Outcome

_SAMPLER = "trainer_cfg.sampler"


def read_batches(account: Account) -> dict[str, Any]:
    """The part of the recipe's `training` about iterations, batches, windows, precision and checkpoints.

    Raises:
        ConfigError: a value of the wrong type, or a batch that is not P x K.
    """
    settings: dict[str, Any] = {
        "iterations": account.whole("trainer_cfg.total_iter", 80_000),
        "checkpoint_every": account.whole("trainer_cfg.save_iter", 2000),
    }
    account.settle("trainer_cfg.total_iter", "used", f"training.iterations = {settings['iterations']}")
    account.settle("trainer_cfg.save_iter", "used", f"training.checkpoint_every = {settings['checkpoint_every']}")
    if account.flag("trainer_cfg.enable_float16", True):
        settings["precision"] = "bfloat16"
        why = "training.precision = 'bfloat16': half precision whose range needs no loss scaler"
        account.settle("trainer_cfg.enable_float16", "changed", why)
    else:
        settings["precision"] = "float32"
        account.settle("trainer_cfg.enable_float16", "used", "training.precision = 'float32'")
    return settings | _batch(account) | {"frames": _frames(account)}


def _batch(account: Account) -> dict[str, Any]:
    size = account.wholes(f"{_SAMPLER}.batch_size", (8, 16))
    require(
        len(size) == 2,
        f"{_SAMPLER}.batch_size is [P, K], P subjects with K sequences of each, found {size}",
    )
    settings = {"subjects": size[0], "sequences": size[1]}
    text = f"training.subjects = {size[0]}, training.sequences = {size[1]}"
    account.settle(f"{_SAMPLER}.batch_size", "used", text)
    same = account.word(f"{_SAMPLER}.type", "TripletSampler") == "TripletSampler"
    account.agree(f"{_SAMPLER}.type", same, "a batch is P subjects with K sequences of each")
    account.settle(f"{_SAMPLER}.batch_shuffle", "unused", "the order within a batch changes no loss")
    return settings


def _frames(account: Account) -> int:
    """T. Here every clip of a batch is a window of T consecutive frames."""
    kind = account.word(f"{_SAMPLER}.sample_type", "fixed_unordered")
    frames = account.whole(f"{_SAMPLER}.frames_num_fixed", 30)
    fewest, most = account.whole(f"{_SAMPLER}.frames_num_min", 25), account.whole(f"{_SAMPLER}.frames_num_max", 50)
    drawn = kind.startswith("unfixed")
    if drawn:
        frames = (fewest + most) // 2
    window = f"training.frames = {frames}"
    account.settle(f"{_SAMPLER}.sample_type", *_sample_type(kind, frames))
    if drawn:
        why = f"{window}, midway between frames_num_min and frames_num_max: all clips of a batch are equally long"
        account.settle(f"{_SAMPLER}.frames_num_min", "changed", why)
        account.settle(f"{_SAMPLER}.frames_num_max", "changed", why)
        account.settle(f"{_SAMPLER}.frames_num_fixed", "unused", f"sample_type is {kind!r}, not fixed")
    else:
        account.settle(f"{_SAMPLER}.frames_num_fixed", "used", window)
        for key in ("frames_num_min", "frames_num_max"):
            account.settle(f"{_SAMPLER}.{key}", "unused", f"of sample types that start with 'unfixed', not of {kind!r}")
    skipped = account.whole(f"{_SAMPLER}.frames_skip_num", 0)
    account.agree(f"{_SAMPLER}.frames_skip_num", skipped == 0, "no frame of a window is skipped")
    account.settle(f"{_SAMPLER}.frames_all_limit", "unused", "of the sample type 'all_ordered'; a window has T frames")
    return frames


def _sample_type(kind: str, frames: int) -> tuple[Outcome, str]:
    """Outcome and text. The networks here convolve over time: frames in another order would be another signal."""
    window = f"windows of {frames} consecutive frames"
    if kind == "fixed_ordered":
        return "used", window
    if kind == "fixed_unordered":
        return "changed", f"{window} in their order, where the toolkit draws single frames at random"
    return "changed", f"{window}, the only clips here"
