"""Whatever a public function is given, it takes what is obviously meant or says in one line what it wants."""

from pathlib import Path

from given_calls import MASKS, E, call_all
from warm_processes import WarmProcess

import gaitprint as gp


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
