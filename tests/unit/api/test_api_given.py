"""Whatever a public function is given, it takes what is obviously meant or says in one line what it wants."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from given_calls import MASKS, E, call_all, call_meant
from warm_processes import WarmProcess

import gaitprint as gp
from gaitprint.api._given import given_options
from gaitprint.errors import ConfigError


def test_no_public_function_fails_from_within(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, err = WarmProcess(call_all).ended()
    assert (code, out, err) == (0, "called all\n", "")
    assert not list(tmp_path.iterdir())


def test_a_file_of_embeddings_is_taken_for_them(tmp_path: Path) -> None:
    gp.save_embeddings(tmp_path / "e.safetensors", E)
    for path in (tmp_path / "e.safetensors", str(tmp_path / "e.safetensors")):
        assert (gp.distances(path, path) == gp.distances(E, E)).all()
        assert gp.rank(path, E).matches == gp.rank(E, E).matches


def test_masks_that_are_made_one_by_one_are_taken() -> None:
    made = gp.load_silhouettes(frame for frame in MASKS)
    assert (made.frames == MASKS).all()


def test_numbers_and_lists_of_numpy_are_taken_for_those_of_python() -> None:
    code, out, err = WarmProcess(call_meant).ended()
    assert (code, out, err) == (0, "size True, records True, layout True\n", "")
    taken = given_options(gp.Model.load, windows=np.int64(2), flip=np.bool_(True))
    assert taken == {"windows": 2, "flip": True}
    assert [type(value) for value in taken.values()] == [int, bool]


@pytest.mark.parametrize(
    ("function", "option", "value", "words"),
    [
        (gp.load_silhouettes, "size", "64", "size of load_silhouettes.. is int, found str '64'"),
        (gp.Model.load, "windows", 1.5, "windows of Model.load.. is int, found float 1.5"),
        (gp.Model.load, "window_frames", True, "window_frames of Model.load.. is int, found bool True"),
        (gp.Model.load, "flip", "no", "flip of Model.load.. is bool, found str 'no'"),
        (gp.Model.load, "device", None, "device of Model.load.. is str, found None"),
        (gp.verify, "prior", "0.5", "prior of verify.. is float, found str '0.5'"),
    ],
    ids=["size", "windows", "window_frames", "flip", "device", "prior"],
)
def test_options_of_another_type_are_refused_by_name(
    function: Callable[..., object], option: str, value: object, words: str
) -> None:
    with pytest.raises(ConfigError, match=f"^{words}$"):
        given_options(function, **{option: value})
