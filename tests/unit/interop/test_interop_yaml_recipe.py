"""Configurations of the reference toolkit become recipes, and no key of them is forgotten."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gaitprint.components import component_names, find_component
from gaitprint.config import build_settings, settings_to_dict
from gaitprint.errors import ConfigError
from gaitprint.evaluation.protocol.protocol import protocol_names
from gaitprint.interop import unsupported_keys as _yaml_elsewhere
from gaitprint.interop import yaml_losses as _yaml_losses
from gaitprint.interop import yaml_transforms as _yaml_transforms
from gaitprint.interop.key_ledger import Account
from gaitprint.interop.yaml_recipe import yaml_to_recipe
from gaitprint.networks.gaitgl import GaitGLSettings, resolve
from gaitprint.training.recipe import Recipe, load_recipe

TRIPLET = {"type": "TripletLoss", "margin": 0.2, "loss_term_weight": 1.0, "log_prefix": "triplet"}
SOFTMAX = {"type": "CrossEntropyLoss", "scale": 1, "label_smooth": False, "loss_term_weight": 1.0, "log_accuracy": True}
SMALL = {
    "model_cfg": {"model": "GaitGL", "channels": [32, 64, 128], "class_num": 74},
    "loss_cfg": [TRIPLET, SOFTMAX],
    "optimizer_cfg": {"solver": "Adam", "lr": 1e-4, "weight_decay": 5e-4},
    "scheduler_cfg": {"scheduler": "MultiStepLR", "milestones": [70_000], "gamma": 0.1},
    "data_cfg": {"dataset_name": "CASIA-B", "dataset_root": "here", "num_workers": 3},
    "trainer_cfg": {
        "total_iter": 80_000,
        "save_iter": 1000,
        "enable_float16": True,
        "restore_hint": 0,
        "sampler": {"batch_size": [8, 8], "frames_num_fixed": 30, "frames_skip_num": 0, "sample_type": "fixed_ordered"},
    },
}
"""The published training on CASIA-B, written as the toolkit's users write it."""
LARGE = {
    "data_cfg": {"dataset_name": "OUMVLP"},
    "model_cfg": {"model": "GaitGL", "channels": [32, 64, 128, 256]},
    "loss_cfg": [TRIPLET, SOFTMAX | {"label_smooth": True}],
    "optimizer_cfg": {"solver": "Adam", "lr": 1e-4, "weight_decay": 0},
    "scheduler_cfg": {"milestones": [150_000, 200_000]},
    "trainer_cfg": {
        "total_iter": 210_000,
        "save_iter": 2000,
        "sampler": {"batch_size": [32, 8], "sample_type": "fixed_ordered"},
    },
}
NECK = {"class_num": 5153, "in_channels": 256, "parts_num": 64}


def changed(config, **places):
    """A deep copy with values set at places such as trainer_cfg__sampler__batch_size; `...` removes one."""
    made = copy.deepcopy(config)
    for place, value in places.items():
        *tables, last = place.split("__")
        at = made
        for table in tables:
            at = at.setdefault(table, {})
        if value is ...:
            del at[last]
        else:
            at[last] = value
    return made


def recipe(config):
    return build_settings(Recipe, yaml_to_recipe(config).values)


def note(config, key):
    (found,) = [n for n in yaml_to_recipe(config).notes if n.key == key]
    return found.outcome, found.text


def leaves(value):
    """How many values a configuration has, counted apart; empty tables count, lists of values count once."""
    if isinstance(value, dict):
        return sum(leaves(v) for v in value.values()) if value else 1
    if isinstance(value, list) and any(isinstance(v, dict | list) for v in value):
        return sum(leaves(v) for v in value)
    return 1


def check_accounts(config):
    converted = yaml_to_recipe(config)
    told = [n.key for n in converted.notes if n.outcome != "assumed"]
    assert len(told) == len(set(told)) == leaves(config)
    assert told == list(Account(config).keys)
    assert all(n.text for n in converted.notes)
    assumed = [n.key for n in converted.of("assumed")]
    assert len(assumed) == len(set(assumed))
    assert not set(assumed) & set(told)
    assert isinstance(build_settings(Recipe, converted.values), Recipe)


@pytest.mark.parametrize(
    ("config", "preset"),
    [
        (SMALL, "gaitgl-journal-casia-b"),
        (LARGE, "gaitgl-journal-oumvlp"),
        (changed(LARGE, model_cfg__SeparateBNNecks=NECK), "gaitgl-bnneck-oumvlp"),
    ],
)
def test_the_published_trainings_become_the_shipped_recipes(config, preset):
    made, shipped = recipe(config), load_recipe(preset)
    assert (made.training, made.preprocessing) == (shipped.training, shipped.preprocessing)
    networks = [build_settings(GaitGLSettings, r.network.settings) for r in (made, shipped)]
    assert resolve(networks[0]) == resolve(networks[1])
    for ours, theirs in zip(made.losses, shipped.losses, strict=True):
        assert (ours.name, ours.weight) == (theirs.name, theirs.weight)
        assert ours.settings == {"label_smoothing": 0.0} | theirs.settings or ours.settings == theirs.settings
    check_accounts(config)


FIXED = {"batch_size": [8, 16], "frames_num_fixed": 30, "sample_type": "fixed_ordered"}
VIEWS = [
    {"type": "Compose", "trf_cfg": [
        {"type": "RandomPerspective", "prob": 0.2},
        {"type": "BaseSilCuttingTransform"},
        {"type": "RandomHorizontalFlip", "prob": 0.2},
        {"type": "RandomRotate", "prob": 0.2},
    ]},
]  # fmt: skip
CHANGED = [
    {"type": "Compose", "trf_cfg": [
        {"type": "BaseSilCuttingTransform"},
        {"type": "RandomRotate", "prob": 0.3},
        {"type": "RandomErasing", "prob": 0.3},
    ]},
]  # fmt: skip
FOUR = {"channels": [64, 128, 256, 512], "layers": [1, 1, 1, 1]}
DESCENT = {
    "loss_cfg": [TRIPLET, {"type": "CrossEntropyLoss", "scale": 16, "loss_term_weight": 1.0}],
    "data_cfg": {"dataset_name": "CASIA-B"},
    "optimizer_cfg": {"lr": 0.1, "momentum": 0.9, "solver": "SGD", "weight_decay": 5e-4},
    "scheduler_cfg": {"gamma": 0.1, "milestones": [20_000, 40_000, 50_000], "scheduler": "MultiStepLR"},
    "trainer_cfg": {"total_iter": 60_000, "save_iter": 1000, "enable_float16": True, "sampler": FIXED},
}
DEEP = changed(
    DESCENT,
    model_cfg={
        "model": "DeepGaitV2",
        "Backbone": {"mode": "p3d", "in_channels": 1, **FOUR},
        "SeparateBNNecks": {"class_num": 74},
    },
    trainer_cfg__transform=VIEWS,
)
BASE = changed(
    DESCENT,
    model_cfg={
        "model": "Baseline",
        "backbone_cfg": {"type": "ResNet9", "block": "BasicBlock", **FOUR, "strides": [1, 2, 2, 1], "maxpool": False},
        "SeparateFCs": {"in_channels": 512, "out_channels": 256, "parts_num": 16},
        "SeparateBNNecks": {"class_num": 74, "in_channels": 256, "parts_num": 16},
        "bin_num": [16],
    },
    trainer_cfg__transform=CHANGED,
)
SET = changed(
    DESCENT,
    model_cfg={
        "model": "GaitSet",
        "in_channels": [1, 32, 64, 128],
        "SeparateFCs": {"in_channels": 128, "out_channels": 256, "parts_num": 62},
        "bin_num": [16, 8, 4, 2, 1],
    },
    loss_cfg=TRIPLET,
    scheduler_cfg__milestones=[10_000, 20_000, 30_000],
    trainer_cfg__total_iter=40_000,
)


@pytest.mark.parametrize(
    ("config", "preset"), [(DEEP, "deepgait-casia-b"), (BASE, "gaitbase-casia-b"), (SET, "gaitset-casia-b")]
)
def test_trainings_of_the_toolkits_other_networks_become_the_shipped_recipes(config, preset):
    made, shipped = recipe(config), load_recipe(preset)
    assert (made.training, made.preprocessing) == (shipped.training, shipped.preprocessing)
    settings = find_component("network", shipped.network.name).settings
    assert made.network.name == shipped.network.name
    assert build_settings(settings, made.network.settings) == build_settings(settings, shipped.network.settings)
    for ours, theirs in zip(made.losses, shipped.losses, strict=True):
        assert (ours.name, ours.settings) == (theirs.name, theirs.settings)
    assert [a.build() for a in made.augmentations] == [a.build() for a in shipped.augmentations]
    check_accounts(config)
    assert not [n for n in yaml_to_recipe(config).of("changed") if n.key.startswith("model_cfg")]


@pytest.mark.parametrize(
    ("config", "places", "message"),
    [
        (BASE, {"model_cfg__backbone_cfg__type": "Plain"}, "model_cfg.model is 'Baseline': .*ResNet9"),
        (BASE, {"model_cfg__backbone_cfg__maxpool": ...}, "maxpool is True: gaitbase here has False alone"),
        (BASE, {"model_cfg__backbone_cfg__block": "Bottleneck"}, "block is 'Bottleneck': gaitbase .*'BasicBlock'"),
        (BASE, {"model_cfg__bin_num": [16, 8]}, r"bin_num is \[16\], as many strips as parts, .* found \[16, 8\]"),
        (BASE, {"model_cfg__backbone_cfg__layers": [1]}, r"layers has 4 numbers, one a stage, found \[1\]"),
        (DEEP, {"model_cfg__Backbone__mode": "4d"}, "kind is one of '2d', 'p3d', '3d'"),
        (DEEP, {"model_cfg__Backbone": 3}, "model_cfg.Backbone is a table, found 3"),
        (SET, {"model_cfg__in_channels": [1, 2]}, r"1 and three widths for GaitSet, found \[1, 2\]"),
    ],
)  # fmt: skip
def test_what_the_other_networks_cannot_be_is_refused(config, places, message):
    with pytest.raises(ConfigError, match=message):
        recipe(changed(config, **places))


def test_one_line_for_each_key():
    told = {n.key: (n.outcome, n.text) for n in yaml_to_recipe(SMALL).notes}
    assert told["trainer_cfg.total_iter"] == ("used", "training.iterations = 80000")
    assert told["trainer_cfg.sampler.batch_size"] == ("used", "training.subjects = 8, training.sequences = 8")
    assert told["trainer_cfg.enable_float16"][0] == "changed"
    assert "bfloat16" in told["trainer_cfg.enable_float16"][1]
    assert told["loss_cfg[1].scale"] == ("used", "scale = 1.0 of part-softmax")
    assert told["data_cfg.dataset_root"][0] == "unused"
    assert "gaitprint data prepare ROOT STORE" in told["data_cfg.dataset_root"][1]
    assert told["trainer_cfg.transform"] == ("assumed", "preprocessing.cut = 10")


@pytest.mark.parametrize(
    ("data", "channels", "form", "layout"),
    [
        ("CASIA-B", [4, 5, 6], "casia-b", "casia-b"),
        ("OUMVLP", [4, 5, 6, 7], "oumvlp", "oumvlp"),
        ("GREW", [4, 5, 6, 7], "oumvlp", "grew"),
        ("Gait3D", [4, 5, 6], "casia-b", "gait3d"),
        ("My-Own", [4, 5, 6], "casia-b", "opengait"),
    ],
)
def test_the_form_follows_from_the_name_of_the_data(data, channels, form, layout):
    config = changed(SMALL, data_cfg__dataset_name=data, model_cfg__channels=channels)
    assert recipe(config).network.settings == {"form": form, "channels": channels}
    outcome, text = note(config, "data_cfg.dataset_name")
    assert outcome == "used"
    assert f"form = '{form}'" in text
    assert text.endswith(f"--dataset {layout}`")


def test_a_neck_is_asked_for_by_its_table():
    assert recipe(changed(LARGE, model_cfg__SeparateBNNecks={})).network.settings["head"] == "separate-bnneck"
    odd = changed(LARGE, model_cfg__SeparateBNNecks={"parts_num": 31, "in_channels": 256, "norm": False, "eps": 1})
    assert recipe(odd).network.settings["head"] == "separate-bnneck"
    assert note(odd, "model_cfg.SeparateBNNecks.in_channels")[0] == "used"
    assert note(odd, "model_cfg.SeparateBNNecks.parts_num")[0] == "changed"
    assert note(odd, "model_cfg.SeparateBNNecks.norm") == (
        "changed",
        "network.settings.head = 'separate-bnneck': its logits are cosines",
    )
    assert note(odd, "model_cfg.SeparateBNNecks.eps")[0] == "unused"


def test_what_is_left_out_is_the_toolkits_and_said():
    bare = {"model_cfg": {"model": "GaitGL"}}
    made = recipe(bare)
    assert settings_to_dict(made.training) == settings_to_dict(made.training) | {
        "iterations": 80_000, "checkpoint_every": 2000, "subjects": 8, "sequences": 16, "frames": 30,
        "learning_rate": 0.1, "optimizer": "sgd", "momentum": 0.9, "weight_decay": 5e-4,
        "milestones": [20_000, 40_000, 60_000], "decay": 0.1,
        "precision": "bfloat16",
    }  # fmt: skip
    assert [(x.name, x.settings) for x in made.losses] == [("part-triplet", {"margin": 0.2})]
    assumed = {n.key for n in yaml_to_recipe(bare).of("assumed")}
    assert assumed == {
        "data_cfg.dataset_name", "loss_cfg", "model_cfg.channels", "optimizer_cfg.lr", "optimizer_cfg.momentum",
        "optimizer_cfg.solver",
        "optimizer_cfg.weight_decay", "scheduler_cfg.gamma", "scheduler_cfg.milestones", "scheduler_cfg.scheduler",
        "trainer_cfg.enable_float16", "trainer_cfg.sampler.batch_size", "trainer_cfg.sampler.frames_num_fixed",
        "trainer_cfg.sampler.sample_type", "trainer_cfg.save_iter", "trainer_cfg.total_iter", "trainer_cfg.transform",
    }  # fmt: skip
    plain = changed(SMALL, loss_cfg=[{"type": "CrossEntropyLoss"}])
    assert recipe(plain).losses[0].settings == {"scale": 16.0, "label_smoothing": 0.1}


def test_losses():
    terms = [
        TRIPLET | {"margin": 0.3, "loss_term_weight": 2},
        SOFTMAX | {"label_smooth": True, "eps": 0.2, "scale": 16},
        {"type": "SupConLoss", "temperature": 0.1, "loss_term_weight": 1},
        {"type": "TripletLoss", "margin": 0.5, "loss_term_weight": 0},
        {"type": "TripletLoss", "margin": 0.1, "loss_term_weights": 3.0, "surprise": 1},
    ]
    config = changed(SMALL, loss_cfg=terms)
    assert [(x.name, x.weight, x.settings) for x in recipe(config).losses] == [
        ("part-triplet", 2.0, {"margin": 0.3}),
        ("part-softmax", 1.0, {"scale": 16.0, "label_smoothing": 0.2}),
        ("part-triplet", 3.0, {"margin": 0.1}),
    ]
    assert note(config, "loss_cfg[2].type") == ("unused", "no such loss here; there are part-softmax, part-triplet")
    assert note(config, "loss_cfg[2].temperature")[0] == "unused"
    assert note(config, "loss_cfg[3].loss_term_weight")[0] == "changed"
    assert note(config, "loss_cfg[3].margin")[0] == "unused"
    assert note(config, "loss_cfg[4].surprise")[0] == "unused"
    check_accounts(config)
    one = changed(SMALL, loss_cfg={"margin": 0.4})
    assert [(x.name, x.settings) for x in recipe(one).losses] == [("part-triplet", {"margin": 0.4})]
    sharp = changed(SMALL, loss_cfg=[SOFTMAX | {"eps": 0.3}])
    assert note(sharp, "loss_cfg[0].eps") == ("unused", "label_smoothing = 0.0 of part-softmax")


def test_solvers():
    descent = changed(SMALL, optimizer_cfg={"solver": "SGD", "lr": 0.1, "momentum": 0.8, "weight_decay": 1e-3})
    training = recipe(descent).training
    assert (training.optimizer, training.learning_rate) == ("sgd", 0.1)
    assert (training.momentum, training.weight_decay) == (0.8, 1e-3)
    assert note(descent, "optimizer_cfg.solver") == ("used", "training.optimizer = 'sgd'")
    assert note(descent, "optimizer_cfg.momentum") == ("used", "training.momentum = 0.8")
    apart = changed(SMALL, optimizer_cfg={"solver": "AdamW", "lr": "3e-4", "weight_decay": 0.05, "betas": [0.9, 0.9]})
    training = recipe(apart).training
    assert (training.optimizer, training.learning_rate, training.weight_decay) == ("adamw", 3e-4, 0.05)
    outcomes = [note(apart, f"optimizer_cfg.{k}")[0] for k in ("solver", "weight_decay", "betas")]
    assert outcomes == ["used", "used", "unused"]
    other = changed(SMALL, optimizer_cfg={"solver": "Rprop", "lr": 0.01})
    assert (recipe(other).training.optimizer, recipe(other).training.learning_rate) == ("adam", 1e-4)
    assert note(other, "optimizer_cfg.solver") == ("changed", "training.optimizer = 'adam'")
    assert note(other, "optimizer_cfg.lr")[1].endswith("0.01 is one for Rprop")


def test_schedules():
    cosine = changed(SMALL, scheduler_cfg={"scheduler": "CosineAnnealingLR", "T_max": 80_000, "eta_min": 1e-5})
    assert (recipe(cosine).training.schedule, recipe(cosine).training.milestones) == ("cosine", ())
    assert note(cosine, "scheduler_cfg.T_max")[0] == "used"
    assert note(cosine, "scheduler_cfg.eta_min") == ("changed", "the cosine ends at a rate of 0")
    shorter = changed(cosine, scheduler_cfg__T_max=40_000, scheduler_cfg__milestones=[3])
    assert note(shorter, "scheduler_cfg.T_max")[0] == "changed"
    assert note(shorter, "scheduler_cfg.milestones") == ("unused", "no setting of the schedule that was taken")
    other = changed(SMALL, scheduler_cfg={"scheduler": "OneCycleLR", "max_lr": 0.01})
    assert (recipe(other).training.schedule, recipe(other).training.milestones) == ("steps", ())
    assert note(other, "scheduler_cfg.scheduler")[0] == "unused"
    assert "training.warm_up" in note(other, "scheduler_cfg.scheduler")[1]


@pytest.mark.parametrize(
    ("kind", "outcome", "frames"),
    [
        ("fixed_ordered", "used", 12),
        ("fixed_unordered", "changed", 12),
        ("fixed_allordered", "changed", 12),
        ("all_ordered", "changed", 12),
        ("unfixed_unordered", "changed", 30),
        ("unfixed_ordered", "changed", 30),
    ],
)
def test_clips_are_windows(kind, outcome, frames):
    sampler = {"sample_type": kind, "frames_num_fixed": 12, "frames_num_min": 20, "frames_num_max": 41}
    config = changed(SMALL, trainer_cfg__sampler=sampler | {"batch_size": [4, 2], "frames_skip_num": 3})
    assert recipe(config).training.frames == frames
    found, text = note(config, "trainer_cfg.sampler.sample_type")
    assert found == outcome
    assert f"windows of {frames} consecutive frames" in text
    drawn = kind.startswith("unfixed")
    assert note(config, "trainer_cfg.sampler.frames_num_fixed")[0] == ("unused" if drawn else "used")
    assert note(config, "trainer_cfg.sampler.frames_num_max")[0] == ("changed" if drawn else "unused")
    assert note(config, "trainer_cfg.sampler.frames_skip_num")[0] == "changed"


@pytest.mark.parametrize(
    ("transform", "cut", "size", "outcome"),
    [
        ({"type": "BaseSilCuttingTransform"}, 10, 64, "used"),
        ({"type": "BaseSilCuttingTransform", "cutting": 6}, 6, 64, "used"),
        ({"type": "BaseSilCuttingTransform", "img_w": 64, "disvor": 255.0}, 10, 64, "used"),
        ({"type": "BaseSilCuttingTransform", "img_w": 128}, 20, 128, "used"),
        ({"type": "BaseSilTransform", "divsor": 1}, 0, 64, "used"),
        ({"type": "BaseParsingCuttingTransform"}, 10, 64, "changed"),
        ({"type": "BaseRgbTransform", "mean": [1, 2]}, 10, 64, "unused"),
    ],
)
def test_the_cut(transform, cut, size, outcome):
    config = changed(SMALL, trainer_cfg__transform=[transform], evaluator_cfg__transform=[transform])
    made = recipe(config)
    assert (made.preprocessing.cut, made.preprocessing.size) == (cut, size)
    assert made.network.settings.get("height", 64) == size
    assert made.augmentations == ()
    assert note(config, "trainer_cfg.transform[0].type")[0] == outcome
    if "divsor" in transform:
        assert note(config, "trainer_cfg.transform[0].divsor") == ("changed", "values are divided by 255")
    if size != 64:
        assert note(config, "trainer_cfg.transform[0].img_w")[0] == "changed"
    check_accounts(config)


def test_embedding_preprocesses_as_training_does():
    train = [{"type": "BaseSilCuttingTransform", "cutting": 8}]
    test = [{"type": "BaseSilCuttingTransform", "cutting": 4}, {"type": "BaseRgbTransform"}]
    config = changed(SMALL, trainer_cfg__transform=train, evaluator_cfg__transform=test)
    assert note(config, "evaluator_cfg.transform[0].cutting") == ("changed", "preprocessing.cut = 8, as in training")
    assert note(config, "evaluator_cfg.transform[1].type")[0] == "unused"
    assert "second kind of input" in note(config, "evaluator_cfg.transform[1].type")[1]


def test_augmentations_keep_their_order_and_the_toolkits_values():
    steps = [
        {"type": "RandomPerspective", "prob": 0.2},
        {"type": "BaseSilCuttingTransform"},
        {"type": "RandomHorizontalFlip", "prob": 0.25},
        {"type": "RandomRotate", "degree": 5},
        {"type": "RandomErasing", "sl": 0.1, "per_frame": True},
        {"type": "RandomAffine", "prob": 0.1, "degree": 10},
        {"type": "RandomPartDilate"},
        {"type": "RandomPartBlur", "top_range": [8, 16], "prob": 1},
        {"type": "PointNoise", "std": 0.1},
    ]
    config = changed(SMALL, trainer_cfg__transform=[{"type": "Compose", "trf_cfg": steps}])
    assert [(a.name, a.settings) for a in recipe(config).augmentations] == [
        ("perspective", {"probability": 0.2}),
        ("flip", {"probability": 0.25}),
        ("rotate", {"probability": 0.5, "degrees": 5.0}),
        ("erase", {"probability": 0.5, "area": [0.1, 0.2], "ratio": 0.3, "per_frame": True}),
        ("affine", {"probability": 0.1}),
        ("part-dilate", {"probability": 0.5, "top": [12 / 64, 16 / 64], "bottom": [36 / 64, 40 / 64]}),
        (
            "part-blur",
            {"probability": 1.0, "top": [8 / 64, 16 / 64], "bottom": [29 / 64, 40 / 64], "per_frame": False},
        ),
    ]
    at = "trainer_cfg.transform[0].trf_cfg"
    assert note(config, f"{at}[2].prob") == ("used", "probability = 0.25 of flip")
    assert note(config, f"{at}[3].prob") == ("assumed", "probability = 0.5 of rotate")
    assert note(config, f"{at}[5].degree") == ("unused", "affine has no such setting")
    assert note(config, f"{at}[8].std")[0] == "unused"
    check_accounts(config)


@pytest.mark.parametrize(
    ("evaluator", "key", "way_out"),
    [
        ({"metric": "euc"}, "metric", "--pipeline part-mean"),
        ({"metric": "cos"}, "metric", "--pipeline part-cosine"),
        ({"metric": "mine"}, "metric", "no such distance"),
        ({"eval_func": "evaluate_Gait3D"}, "eval_func", "--protocol gait3d"),
        ({"eval_func": "evaluate_indoor_dataset"}, "eval_func", "--protocol casia-b`"),
        ({"cross_view_gallery": True}, "cross_view_gallery", "--protocol casia-b-cross-view`"),
        ({"eval_func": "HID_submission"}, "eval_func", "gaitprint eval submit VECTORS --form hid"),
        ({"sampler": {"batch_size": 16}}, "sampler.batch_size", "number of GPUs"),
    ],
)
def test_what_is_no_part_of_a_recipe_has_a_way_out(evaluator, key, way_out):
    outcome, text = note(changed(SMALL, evaluator_cfg=evaluator), f"evaluator_cfg.{key}")
    assert outcome == "unused"
    assert way_out in text


def test_where_training_starts():
    assert note(SMALL, "trainer_cfg.restore_hint")[0] == "used"
    for hint in (4000, "elsewhere.pt"):
        outcome, text = note(changed(SMALL, trainer_cfg__restore_hint=hint), "trainer_cfg.restore_hint")
        assert outcome == "unused"
        assert f"start from {hint!r}" in text
        assert "--init" in text


def test_precision_and_batch_norm():
    plain = changed(SMALL, trainer_cfg__enable_float16=False, trainer_cfg__fix_BN=True, trainer_cfg__sync_BN=True)
    assert recipe(plain).training.precision == "float32"
    assert note(plain, "trainer_cfg.enable_float16")[0] == "used"
    assert note(plain, "trainer_cfg.fix_BN")[0] == "changed"
    assert note(plain, "trainer_cfg.sync_BN")[0] == "unused"


def test_every_name_that_a_way_out_gives_exists():
    protocols = {*_yaml_elsewhere.PROTOCOLS.values(), *_yaml_elsewhere.INDOOR.values()}
    assert protocols <= set(protocol_names())
    assert set(_yaml_elsewhere.SCORERS.values()) <= set(component_names("scorer"))
    for kind, names in (("augmentation", _yaml_transforms.AUGMENTATIONS), ("loss", _yaml_losses.NAMES)):
        assert set(names.values()) <= set(component_names(kind))


def test_a_misspelt_key_is_unused_and_guessed():
    config = changed(SMALL, trainer_cfg__total_iter=..., trainer_cfg__total_iters=9)
    assert note(config, "trainer_cfg.total_iters") == (
        "unused",
        "a key that this converter does not know; is it meant to be trainer_cfg.total_iter?",
    )
    assert note(config, "trainer_cfg.total_iter") == ("assumed", "training.iterations = 80000")
    assert note(changed(SMALL, extra={}), "extra") == ("unused", "empty")


@pytest.mark.parametrize(
    ("places", "message"),
    [
        (
            {"model_cfg__model": "GaitPart"},
            "model_cfg.model is 'GaitPart': .* Networks here: deepgait, gaitbase, gaitgl, .*; start from",
        ),
        ({"model_cfg": {}}, "model_cfg.model is 'Baseline', the toolkit's own choice where the key is missing"),
        ({"model_cfg": [1]}, r"model_cfg is a table, found \[1\]"),
        (
            {"model_cfg__channels": [1, 2, 3, 4]},
            r"has 3 widths where data_cfg.dataset_name is 'CASIA-B'.*found \[1, 2,",
        ),
        ({"model_cfg__channels": [1, 2, 0]}, "gaitgl in the form 'casia-b' has 3 channel widths"),
        ({"data_cfg": [{"dataset_name": "A"}]}, "data_cfg is a table, found"),
        ({"trainer_cfg__sampler": 8}, "trainer_cfg.sampler is a table, found 8"),
        ({"trainer_cfg__sampler__batch_size": 16}, "batch_size is a list of whole numbers, found 16"),
        ({"trainer_cfg__sampler__batch_size": [2, 3, 4]}, r"is \[P, K\], P subjects .* found \[2, 3, 4\]"),
        ({"trainer_cfg__sampler__batch_size": [True, 3]}, "batch_size is a list of whole numbers"),
        ({"trainer_cfg__sampler__batch_size": [1, 4]}, "training.subjects is at least 2"),
        ({"trainer_cfg__total_iter": "many"}, "trainer_cfg.total_iter is a whole number below 2.*, found 'many'"),
        ({"trainer_cfg__total_iter": None}, "trainer_cfg.total_iter is a whole number .*, found nothing"),
        ({"trainer_cfg__total_iter": 1.5}, "trainer_cfg.total_iter is a whole number .*, found 1.5"),
        ({"trainer_cfg__total_iter": 2**70}, r"is a whole number below 2\*\*63"),
        ({"trainer_cfg__enable_float16": "yes"}, "enable_float16 is true or false, found 'yes'"),
        ({"trainer_cfg__transform": ["cut"]}, r"trainer_cfg.transform is a table or a list of tables, found \['cut'\]"),
        ({"optimizer_cfg__lr": float("nan")}, "optimizer_cfg.lr is a number, found nan"),
        ({"optimizer_cfg__lr": 10**400}, "optimizer_cfg.lr is a number, found 1000"),
        ({"optimizer_cfg__lr": 0}, "training.learning_rate is above 0, at most 1e6, found 0.0"),
        ({"optimizer_cfg__solver": 3}, "optimizer_cfg.solver is a word, found 3"),
        ({"scheduler_cfg__gamma": 2}, "training.decay is above 0 and at most 1, found 2.0"),
        ({"scheduler_cfg__milestones": 7}, "scheduler_cfg.milestones is a list of whole numbers, found 7"),
        ({"loss_cfg": "TripletLoss"}, "loss_cfg is a table or a list of tables, found 'TripletLoss'"),
        ({"loss_cfg": [{"type": "BCELoss"}]}, "there are TripletLoss and CrossEntropyLoss"),
        ({"loss_cfg": [TRIPLET | {"loss_term_weight": -1}]}, "a loss weight is above 0, at most 1e6, found -1.0"),
    ],
)
def test_what_is_wrong_is_said_by_its_key(places, message):
    with pytest.raises(ConfigError, match=message) as caught:
        yaml_to_recipe(changed(SMALL, **places))
    assert "\n" not in str(caught.value)


SCALARS = st.none() | st.booleans() | st.integers(-3, 2**65) | st.floats() | st.text(max_size=5)
EXTRA = st.dictionaries(
    st.text(max_size=4) | st.sampled_from(["type", "a.b", "c[0]"]),
    SCALARS | st.lists(SCALARS, max_size=2) | st.dictionaries(st.text(max_size=3), SCALARS, max_size=2),
    max_size=3,
)
GOOD = {
    "data_cfg": {"dataset_name": st.sampled_from(["CASIA-B", "Other"]), "cache": SCALARS, "dataset_root": SCALARS},
    "evaluator_cfg": {"metric": st.sampled_from(["euc", "cos", "x"]), "restore_hint": SCALARS, "save_name": SCALARS},
    "optimizer_cfg": {
        "solver": st.sampled_from(["Adam", "SGD", "AdamW"]), "lr": st.floats(1e-6, 1), "momentum": st.floats(0, 0.99),
    },
    "scheduler_cfg": {
        "scheduler": st.sampled_from(["MultiStepLR", "CosineAnnealingLR", "StepLR"]), "T_max": st.integers(1, 99),
        "milestones": st.lists(st.integers(1, 99), max_size=3),
    },
    "trainer_cfg": {
        "total_iter": st.integers(1, 99), "enable_float16": st.booleans(), "log_iter": SCALARS,
        "restore_hint": SCALARS, "transform": st.lists(
            st.fixed_dictionaries(
                {"type": st.sampled_from(["BaseSilTransform", "RandomErasing", "RandomRotate", "Other"])},
                optional={"prob": st.floats(0, 1), "mean": SCALARS},
            ), max_size=3,
        ),
    },
}  # fmt: skip


@st.composite
def configurations(draw):
    """Configurations of GaitGL, with keys left out and keys of no meaning added anywhere."""
    made = {"model_cfg": {"model": "GaitGL"} | draw(st.sampled_from([{}, {"SeparateBNNecks": {"class_num": 3}}]))}
    for section, keys in GOOD.items():
        made[section] = draw(st.fixed_dictionaries({}, optional=keys))
    made["loss_cfg"] = [TRIPLET, *draw(st.lists(st.sampled_from([SOFTMAX, {"type": "BCELoss"}]), max_size=2))]
    made = {k: v for k, v in made.items() if k == "model_cfg" or draw(st.booleans())}
    for table in [made, *(v for v in made.values() if isinstance(v, dict))]:
        for key, value in draw(EXTRA).items():
            table.setdefault(key, value)
    return made


@given(configurations())
def test_no_key_is_forgotten(config):
    check_accounts(config)


@given(st.data())
def test_junk_is_accounted_for_or_refused_in_one_line(data):
    places = [key.replace(".", "__") for key in Account(SMALL).keys if "[" not in key]
    place = data.draw(st.sampled_from(["loss_cfg", "trainer_cfg__transform", "evaluator_cfg", "data_cfg", *places]))
    junk = data.draw(
        st.recursive(SCALARS, lambda v: st.lists(v, max_size=2) | st.dictionaries(st.text(), v, max_size=2))
    )
    config = changed(SMALL, **{place: junk})
    try:
        converted = yaml_to_recipe(config)
    except ConfigError as error:
        message = str(error)
    else:
        told = [n.key for n in converted.notes if n.outcome != "assumed"]
        message = "" if told == list(Account(config).keys) else "a key is forgotten\n"
    assert "\n" not in message
