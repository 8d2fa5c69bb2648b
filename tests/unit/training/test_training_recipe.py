"""Every number of the method's tables of training, and what a recipe refuses."""

import pytest
import torch

from gaitprint.components import find_component
from gaitprint.errors import ComponentError, ConfigError
from gaitprint.models.making import make_network
from gaitprint.models.residual_network import ResidualNetwork
from gaitprint.training.recipe import (
    AugmentationChoice,
    LossChoice,
    Recipe,
    Reset,
    TrainingSettings,
    load_recipe,
    recipe_names,
)

SCRATCH = {
    "iterations": 250_000, "subjects": 32, "sequences": 8, "frames": 30, "resets": (Reset(150_000, 1e-5),),
    "milestones": (), "weight_decay": 0.0, "learning_rate": 1e-4,
}  # fmt: skip
FINE = {
    "iterations": 15_000, "subjects": 12, "sequences": 8, "frames": 64, "resets": (Reset(10_000, 1e-5),),
    "milestones": (), "weight_decay": 0.0, "learning_rate": 1e-4,
}  # fmt: skip
JOURNAL_CASIA = {
    "iterations": 80_000, "subjects": 8, "sequences": 8, "frames": 30, "resets": (), "milestones": (70_000,),
    "decay": 0.1, "weight_decay": 5e-4, "learning_rate": 1e-4,
}  # fmt: skip
JOURNAL_OUMVLP = {
    "iterations": 210_000, "subjects": 32, "sequences": 8, "frames": 30, "resets": (),
    "milestones": (150_000, 200_000), "decay": 0.1, "weight_decay": 0.0, "learning_rate": 1e-4,
}  # fmt: skip
TABLE = {
    "gaitgl-oumvlp": ("gaitgl", "competition", "plain", SCRATCH),
    "gaitgl-casia-b": ("gaitgl", "competition", "plain", FINE),
    "gaitgl-casia-e": ("gaitgl", "competition", "plain", FINE),
    "gaitmask-oumvlp": ("gaitmask", None, "plain", SCRATCH),
    "gaitmask-casia-b": ("gaitmask", None, "plain", FINE),
    "gaitmask-casia-e": ("gaitmask", None, "plain", FINE),
    "gaitgl-journal-casia-b": ("gaitgl", "casia-b", "shared-bn", JOURNAL_CASIA),
    "gaitgl-journal-oumvlp": ("gaitgl", "oumvlp", "shared-bn", JOURNAL_OUMVLP),
    "gaitgl-bnneck-oumvlp": ("gaitgl", "oumvlp", "separate-bnneck", JOURNAL_OUMVLP),
}
SGD = {
    "subjects": 32, "sequences": 4, "frames": 30, "optimizer": "sgd", "momentum": 0.9, "learning_rate": 0.1,
    "weight_decay": 5e-4, "decay": 0.1, "schedule": "steps", "warm_up": 0, "resets": (), "average": 0.0,
}  # fmt: skip
SHORT = SGD | {"iterations": 60_000, "milestones": (20_000, 40_000, 50_000)}
LONG = SGD | {"iterations": 180_000, "milestones": (80_000, 120_000, 150_000)}
CASIA = SHORT | {"subjects": 8, "sequences": 16}
SET = {
    "iterations": 250_000, "subjects": 32, "sequences": 4, "frames": 30, "optimizer": "adam", "learning_rate": 1e-4,
    "weight_decay": 0.0, "milestones": (150_000,), "decay": 0.1, "schedule": "steps", "warm_up": 0,
}  # fmt: skip
VIEWS = {"perspective": 0.2, "flip": 0.2, "rotate": 0.2}
TOOLKIT = {
    "deepgait-casia-b": (CASIA, VIEWS, {"blocks": [1, 1, 1, 1]}),
    "deepgait-gait3d": (SHORT, VIEWS, {}),
    "deepgait-grew": (LONG, VIEWS, {}),
    "gaitbase-casia-b": (CASIA, {"rotate": 0.3, "erase": 0.3}, {}),
    "gaitbase-gait3d": (SHORT, VIEWS, {}),
    "gaitbase-grew": (LONG, VIEWS, {}),
    "gaitset-casia-b": (CASIA | {"iterations": 40_000, "milestones": (10_000, 20_000, 30_000)}, {}, {}),
    "gaitset-grew": (SET, {}, {"channels": [64, 128, 256]}),
}
"""As the field's reference toolkit trains them: training, augmentations with their chances, network."""
OURS = {
    "default",
    "default-faults",
    "default-first",
    "deepgait-slim-quick",
    "gaitgl-demo",
    "gaitgl-small",
    "gaitmask-demo",
    "gaitmask-small",
    "quick",
    "quick-mask",
}
ONES_OWN = "fine-tune"


def test_no_recipe_goes_unchecked():
    assert set(recipe_names()) == TABLE.keys() | TOOLKIT.keys() | OURS | {ONES_OWN}


@pytest.mark.parametrize("name", sorted(TABLE))
def test_published_recipes_hold_the_methods_numbers(name):
    network, form, head, training = TABLE[name]
    recipe = load_recipe(name)
    assert recipe.network.name == network
    assert recipe.network.settings.get("form") == form
    assert recipe.network.settings.get("head") in ((None, head) if head != "separate-bnneck" else (head,))
    assert {key: getattr(recipe.training, key) for key in training} == training
    assert (recipe.training.schedule, recipe.training.warm_up, recipe.augmentations) == ("steps", 0, ())
    assert (recipe.training.optimizer, recipe.training.average, recipe.training.held_out) == ("adam", 0.0, 0)
    assert recipe.training.window_rule == ("authors" if head == "plain" else "opengait")
    assert (recipe.preprocessing.height, recipe.preprocessing.width) == (64, 44)
    losses = {loss.name: loss for loss in recipe.losses}
    assert losses["part-triplet"].settings == {"margin": 0.2}
    if head == "plain":
        assert set(losses) == {"part-triplet"}
    else:
        smoothing = {"label_smoothing": 0.1} if form == "oumvlp" else {}
        assert losses["part-softmax"].settings == {"scale": 1.0} | smoothing
        assert set(losses) == {"part-triplet", "part-softmax"}
    assert all(loss.weight == 1.0 for loss in recipe.losses)


@pytest.mark.parametrize("name", sorted(TOOLKIT))
def test_recipes_of_the_toolkits_networks_hold_its_numbers(name):
    training, augmentations, settings = TOOLKIT[name]
    recipe = load_recipe(name)
    assert (recipe.network.name, recipe.network.settings) == (name.split("-")[0], settings)
    assert {key: getattr(recipe.training, key) for key in training} == training
    assert {a.name: a.settings["probability"] for a in recipe.augmentations} == augmentations
    assert (recipe.preprocessing.height, recipe.preprocessing.width) == (64, 44)
    losses = {loss.name: (loss.weight, loss.settings) for loss in recipe.losses}
    softmax = {"scale": 16.0, "label_smoothing": 0.1}
    second = {} if recipe.network.name == "gaitset" else {"part-softmax": (1.0, softmax)}
    assert losses == {"part-triplet": (1.0, {"margin": 0.2})} | second


@pytest.mark.parametrize("name", sorted(OURS))
def test_our_recipes_are_small_and_agree_with_themselves(name):
    recipe = load_recipe(name)
    made = make_network(recipe.network.name, recipe.network.settings, 2, torch.Generator())
    rows = made.height if isinstance(made, ResidualNetwork) else recipe.network.settings["height"]
    assert rows == recipe.preprocessing.height == 32
    assert {loss.name for loss in recipe.losses} == {"part-triplet", "part-softmax"}
    for loss in recipe.losses:
        made = find_component("loss", loss.name).make(loss.settings)
        assert getattr(made.settings, "margin", 0.2) == 0.2
    assert recipe.training.subjects * recipe.training.sequences == 32


def test_fine_tuning_takes_the_small_models_weights_and_is_careful_with_them():
    tuning, small = load_recipe(ONES_OWN), load_recipe("quick")
    assert (tuning.network, tuning.preprocessing) == (small.network, small.preprocessing)
    assert tuning.augmentations == (AugmentationChoice("flip", {"probability": 0.5}),)
    triplet, softmax = tuning.losses
    assert triplet == small.losses[0]
    assert (softmax.name, softmax.settings) == ("part-softmax", {"scale": 16.0, "label_smoothing": 0.1})
    ours, theirs = tuning.training, small.training
    assert (ours.subjects, ours.sequences, ours.frames) == (4, 4, theirs.frames)
    assert ours.learning_rate <= theirs.learning_rate / 2
    assert ours.iterations <= theirs.iterations / 10
    # the average spans a part of the run, not more than all of it
    assert 10 < 1 / (1 - ours.average) < ours.iterations / 2
    assert (ours.schedule, ours.held_out) == ("cosine", 0)
    assert ours.warm_up < ours.iterations / 10


def test_titles_do_not_count_and_everything_else_does():
    base = load_recipe("gaitgl-demo")
    assert load_recipe("gaitgl-demo", ["title=other"]).fingerprint == base.fingerprint
    for override in (
        "augmentations=[{name='flip'}]", "losses=[{name='part-triplet'}]", "preprocessing.cut=12",
        "training.checkpoint_every=51", "training.frames=8",
    ):  # fmt: skip
        assert load_recipe("gaitgl-demo", [override]).fingerprint != base.fingerprint, override


def test_a_recipe_of_ones_own(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('title = "mine"\n[training]\niterations = 5\nresets = [{ at = 3, learning_rate = 1e-5 }]\n')
    recipe = load_recipe(path, ("training.subjects=3",))
    assert (recipe.training.iterations, recipe.training.subjects, recipe.training.resets) == (5, 3, (Reset(3, 1e-5),))
    assert recipe.losses == (LossChoice("part-triplet"),)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("training.iterations=0", "iterations is at least 1, found 0"),
        ("training.subjects=1", "subjects is at least 2"),
        ("training.sequences=0", "sequences is at least 1"),
        ("training.frames=0", "frames is at least 1"),
        ("training.learning_rate=0", "learning_rate is above 0"),
        ("training.learning_rate=inf", "learning_rate is above 0"),
        ("training.learning_rate=nan", "learning_rate is above 0"),
        ("training.weight_decay=-1", "weight_decay is not negative"),
        ("training.weight_decay=inf", "weight_decay is not negative"),
        ("training.decay=0", "decay is above 0"),
        ("training.checkpoint_every=0", "checkpoint_every is at least 1"),
        ("training.warm_up=-1", "warm_up is not negative"),
        ("training.schedule=linear", "is one of 'steps', 'cosine'"),
        ("training.lerning_rate=1", "did you mean 'learning_rate'"),
        ("training.resets=[{at=5,learning_rate=1e-5}]", "resets belong to the schedule 'steps'"),
        ("losses=[]", "a recipe needs at least one loss"),
        ("losses=[{name='part-triplet',weight=0}]", "a loss weight is above 0"),
        ("losses=[{name='part-triplet',weight=inf}]", "a loss weight is above 0"),
        ("losses=[{name='part-triplet',settings={margn=1}}]", "did you mean 'margin'"),
        ("augmentations=[{name='flip',settings={probability=1.5}}]", "probability is from 0 to 1, found 1.5"),
        ("augmentations=[{name='flip',settings={prob=1}}]", "augmentations.0..settings has no setting 'prob'"),
        ("augmentations=[{name='flip',weight=1}]", "augmentations.0. has no setting 'weight'"),
        ("network.settings.hight=16", "did you mean 'height'"),
    ],
)
def test_bad_settings_are_refused_in_one_line(override, message):
    with pytest.raises(ConfigError, match=message) as error:
        load_recipe("gaitgl-demo", [override])
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("resets", "message"),
    [
        ("[{at=5,learning_rate=1e-5},{at=3,learning_rate=1e-6}]", "ascending order"),
        ("[{at=5,learning_rate=1e-5},{at=5,learning_rate=1e-6}]", "ascending order"),
        ("[{at=-1,learning_rate=1e-5}]", "0 iterations or more, found -1"),
        ("[{at=5,learning_rate=0}]", "learning_rate is above 0"),
    ],
)
def test_bad_resets_are_refused(resets, message):
    with pytest.raises(ConfigError, match=message):
        load_recipe("gaitgl-casia-b", [f"training.resets={resets}"])


def test_unknown_recipes_and_components():
    with pytest.raises(ConfigError, match="did you mean 'gaitgl-small'"):
        load_recipe("gaitgl-smal")
    with pytest.raises(ConfigError, match=r"no settings file at nowhere\.toml"):
        load_recipe("nowhere.toml")
    with pytest.raises(ComponentError, match="no network is called 'gaitgm'"):
        load_recipe("gaitgl-demo", ["network.name=gaitgm"])
    with pytest.raises(ComponentError, match="no augmentation is called 'filp': did you mean 'flip'"):
        load_recipe("gaitgl-demo", ["augmentations=[{name='filp'}]"])
    with pytest.raises(ComponentError, match="no loss is called 'triplet'"):
        Recipe(losses=(LossChoice("triplet"),), training=TrainingSettings())
