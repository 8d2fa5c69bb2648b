"""Deploy forms of residual networks in a file."""

from pathlib import Path

import numpy as np
import pytest

from gaitprint.deploy.form import DeployForm, Residual
from gaitprint.exported.form_file import load_form, save_form
from gaitprint.testing.deploy_forms import run_form, small_residual_form


@pytest.mark.parametrize("seed", [1, 2])  # with biases and without
def test_a_form_of_blocks_comes_back_as_it_was(seed: int, exported: Path, tmp_path: Path) -> None:
    form = small_residual_form(seed)
    _, card = load_form(exported / "small.safetensors")
    save_form(tmp_path / "form.safetensors", form, card)
    found, _ = load_form(tmp_path / "form.safetensors")
    assert isinstance(found, DeployForm)
    assert [type(layer) for layer in found.layers] == [type(layer) for layer in form.layers]
    assert [b.shortcut is None for b in found.layers if isinstance(b, Residual)] == [True, False, False]
    clips = np.random.default_rng(0).random((2, 4, 16, 10)).astype(np.float32)
    np.testing.assert_array_equal(run_form(found, clips), run_form(form, clips))
