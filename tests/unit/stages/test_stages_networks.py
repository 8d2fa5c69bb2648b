"""The lists of networks and recipes."""

import json
from dataclasses import dataclass

from gaitprint.stages.networks import list_networks, list_recipes, setting_docs
from gaitprint.training.recipe import load_recipe, recipe_names

SIZES = {
    "deepgait": 13_195_968,
    "gaitbase": 6_994_112,
    "gaitgl": 10_944_353,
    "gaitmask": 4_259_681,
    "gaitset": 2_594_592,
}
"""Parameters as published, without a classifier."""


@dataclass(frozen=True)
class Sample:
    """Of a settings class."""

    silent: int = 0
    width: int = 3
    """In pixels,
    over two lines."""

    height: float = 1.0
    """In metres."""


def test_networks_with_published_sizes_and_every_setting_explained():
    networks = {n["name"]: n for n in list_networks()}
    assert {name: n["parameters"] for name, n in networks.items()} == SIZES
    json.dumps(list(networks.values()))
    for network in networks.values():
        names = [s["name"] for s in network["settings"]]
        assert len(set(names)) == len(names) >= 3
        assert all(s["help"] and "\n\n" not in s["help"] for s in network["settings"]), network["name"]
    defaults = {s["name"]: s["default"] for s in networks["gaitmask"]["settings"]}
    assert (defaults["channels"], defaults["band_ratio"], defaults["mask_mode"]) == ([32, 64, 128], 0.2, "activated")


def test_every_recipe_is_listed_as_it_is():
    listed = {r["name"]: r for r in list_recipes()}
    assert sorted(listed) == recipe_names()
    for name, row in listed.items():
        recipe = load_recipe(name)
        t = recipe.training
        assert row == {
            "name": name, "title": recipe.title, "network": recipe.network.name, "iterations": t.iterations,
            "batch": [t.subjects, t.sequences, t.frames],
        }  # fmt: skip
        assert row["title"]


def test_docs_stand_under_their_field():
    assert setting_docs(Sample) == {"width": "In pixels,\nover two lines.", "height": "In metres."}
