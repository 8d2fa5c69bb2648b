"""Keys of a foreign configuration that are no part of a recipe: which command does that here, or why nothing does."""

from gaitprint.interop.key_ledger import Account, shown

PROTOCOLS = {
    "evaluate_Gait3D": "gait3d",
    "evaluate_CCPG": "ccpg",
    "evaluate_real_scene": "grew",
}
"""The protocol that selects as one of the toolkit's evaluation functions does."""
INDOOR = {"CASIA-B": "casia-b", "OUMVLP": "oumvlp", "CASIA-E": "casia-e", "SUSTech1K": "sustech1k"}
"""The same by the data set's name, for the toolkit's evaluate_indoor_dataset."""
ANSWERS = {"GREW_submission": "grew", "HID_submission": "hid"}
"""The form of the answer file."""
SCORERS = {"euc": "part-mean", "cos": "part-cosine"}
"""The scorer that measures as the toolkit's metric does: mean over the parts."""

_STRICT = "weights that do not fit are always refused"
_NAME = "the folder RUN of `gaitprint model train STORE RUN` is the name"
_SYNC = "one process trains: batch statistics cover the whole batch"
REASONS = {
    "data_cfg.dataset_root": "`gaitprint data prepare ROOT STORE` packs the data, `model train STORE RUN` reads it",
    "data_cfg.dataset_partition": "`data prepare ROOT STORE --dataset opengait --set partition=PATH` takes it",
    "data_cfg.test_dataset_name": "prepare a store of that data set, then `model embed` and `eval identify`",
    "data_cfg.num_workers": "`gaitprint data prepare --workers COUNT` reads in parallel; a store needs none",
    "data_cfg.cache": "a store is mapped into memory",
    "data_cfg.remove_no_gallery": "no code of the toolkit reads it; figures here say how such probes were counted",
    "data_cfg.data_in_use": "a store holds silhouettes only",
    "evaluator_cfg.enable_float16": "vectors are always computed in float32",
    "evaluator_cfg.restore_ckpt_strict": _STRICT,
    "evaluator_cfg.restore_hint": "`gaitprint model embed STORE --model FILE` names the weights",
    "evaluator_cfg.save_name": _NAME,
    "evaluator_cfg.sampler.batch_size": "no batch size changes a vector, nor must one equal the number of GPUs",
    "evaluator_cfg.sampler.batch_shuffle": "the order of sequences changes no vector",
    "evaluator_cfg.sampler.type": "every sequence is embedded once",
    "evaluator_cfg.sampler.frames_all_limit": "sequences are embedded whole",
    "trainer_cfg.log_iter": "history.jsonl has a line for every iteration",
    "trainer_cfg.with_test": "`gaitprint model embed` and `gaitprint eval identify` test a trained model",
    "trainer_cfg.save_name": _NAME,
    "trainer_cfg.sync_BN": _SYNC,
    "trainer_cfg.find_unused_parameters": _SYNC,
    "trainer_cfg.restore_ckpt_strict": _STRICT,
    "trainer_cfg.optimizer_reset": "weights given with --init always start with a new optimizer",
    "trainer_cfg.scheduler_reset": "weights given with --init always start the schedule anew",
}
"""Why a key is unused, where its value does not matter."""


def settle_elsewhere(account: Account) -> None:
    """Account for the keys about data, evaluation and the run itself.

    Raises:
        ConfigError: a value of the wrong type.
    """
    for key, why in REASONS.items():
        account.settle(key, "unused", why)
    fixed = account.flag("trainer_cfg.fix_BN", False)
    account.agree("trainer_cfg.fix_BN", not fixed, "every BatchNorm follows its batches while training")
    _settle_evaluation(account)
    _settle_start(account)


def _settle_start(account: Account) -> None:
    key = "trainer_cfg.restore_hint"
    if key not in account:
        return
    hint = account.raw(key)
    if hint == 0:
        account.settle(key, "used", "training starts from scratch unless --init is given")
    else:
        why = "`gaitprint model convert CHECKPOINT.pt START`, then `gaitprint model train STORE RUN --init START`"
        account.settle(key, "unused", f"to start from {shown(hint)}: {why}")


def _settle_evaluation(account: Account) -> None:
    whole = account.word("evaluator_cfg.sampler.sample_type", "all_ordered") == "all_ordered"
    account.agree("evaluator_cfg.sampler.sample_type", whole, "sequences are embedded whole, in their order")
    metric = account.word("evaluator_cfg.metric", "euc")
    scorer = SCORERS.get(metric)
    measure = (
        f"`gaitprint eval identify VECTORS --pipeline {scorer}` measures so" if scorer else "no such distance here"
    )
    account.settle("evaluator_cfg.metric", "unused", measure)
    data = account.word("data_cfg.dataset_name", "CASIA-B")
    crossed = account.flag("evaluator_cfg.cross_view_gallery", False)
    why = f"`gaitprint eval identify VECTORS --protocol {INDOOR.get(data, 'NAME')}{'-cross-view' if crossed else ''}`"
    account.settle("evaluator_cfg.cross_view_gallery", "unused", f"{why} says which views are gallery")
    name = account.word("evaluator_cfg.eval_func", "evaluate_indoor_dataset")
    if name in PROTOCOLS:
        why = f"`gaitprint eval identify VECTORS --protocol {PROTOCOLS[name]}`"
    elif name in ANSWERS:
        why = f"`gaitprint eval submit VECTORS --form {ANSWERS[name]} --out FILE.csv` writes the answer file"
    account.settle("evaluator_cfg.eval_func", "unused", why)
