"""Weights that come with the package: found by name, checked when read, and fit to be shipped."""

import re
import shutil
from pathlib import Path

import pytest

from gaitprint.errors import ArtefactError
from gaitprint.layouts.drawn import is_drawn
from gaitprint.models.card_figures import card_figures
from gaitprint.models.model_file import load_model, read_card, read_model_file
from gaitprint.models.shipped import DEFAULT, find_model, shipped, shipped_names


def test_a_name_is_a_file_that_is_read_like_any_other(shipped_weights):
    assert shipped_names() == [DEFAULT]
    assert shipped() == shipped(DEFAULT) == find_model(DEFAULT) == shipped_weights
    named, filed = load_model(Path(DEFAULT)), load_model(shipped_weights)
    assert named.card == filed.card == read_card(Path(DEFAULT))
    assert read_model_file(Path(DEFAULT))[0] == filed.card


def test_a_file_of_ones_own_comes_before_a_name(shipped_weights, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copy(shipped_weights, "default")
    assert str(find_model(DEFAULT)) == DEFAULT
    assert shipped() == shipped_weights


@pytest.mark.parametrize("path", ["nothing", "default.safetensors", "folder/default"])
def test_what_is_no_name_stays_a_path(shipped_weights, path):
    assert str(find_model(path)) == path
    with pytest.raises(ArtefactError, match=rf"no model file at {path}: check the path, name the shipped 'default'"):
        read_card(Path(path))


def test_a_name_that_is_none_says_which_there_are(shipped_weights):
    with pytest.raises(ArtefactError, match="no weights called 'other' come with this gaitprint, which holds default"):
        shipped("other")


def test_a_package_without_weights_says_so(shipped_weights):
    shipped_weights.unlink()
    assert shipped_names() == []
    with pytest.raises(ArtefactError, match="which holds none: name a model file"):
        shipped()
    with pytest.raises(ArtefactError, match="no model file at default: check the path, or train one"):
        load_model(Path(DEFAULT))


@pytest.mark.parametrize("place", [0.02, 0.5, 0.999])
def test_a_changed_byte_is_found(shipped_weights, place):
    data = bytearray(shipped_weights.read_bytes())
    data[int(place * len(data))] ^= 1
    shipped_weights.write_bytes(data)
    with pytest.raises(ArtefactError, match=re.escape(str(shipped_weights))):
        load_model(Path(DEFAULT))


@pytest.mark.parametrize("name", shipped_names())
def test_what_is_shipped_may_be_shipped(name):
    """Nobody is in it, anybody may use it, and it says how good it is and where it fails."""
    file = shipped(name)
    loaded = load_model(file)
    card = loaded.card
    assert file.stat().st_size <= 30e6
    assert card.licence == "Apache-2.0"
    assert card.classes is None
    assert card.seen.people
    assert all(is_drawn(seen.dataset) for seen in card.seen.people)
    assert card.seen.unknown == ()
    assert card.title
    assert card.limits
    assert all(isinstance(limit, str) and limit for limit in card.limits)
    assert {"data", "drawn as", "recipe", "gaitprint"} <= set(card.training["made"])
    figures = card_figures(card.metrics)
    assert figures
    assert all(f.low is not None and f.high is not None and f.low <= f.rank1 <= f.high for f in figures)
