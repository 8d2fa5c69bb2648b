"""Minimal filtering in three dimensions against the direct convolution in double precision."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F

from gaitprint.deploy import winograd
from gaitprint.deploy.form import SLOPE, Branch, Branches
from gaitprint.deploy.winograd import WinogradBranches, clear_margin, pixels, tiled
from gaitprint.deploy.winograd_kernels import SIDE


def direct(x: np.ndarray, layer: Branches) -> np.ndarray:
    """[T, H, W, C] to [T, groups H, W, D], strip by strip."""
    clip = torch.from_numpy(x.astype(np.float64)).permute(3, 0, 1, 2)[None]

    def one(branch: Branch) -> torch.Tensor:
        weight = torch.from_numpy(branch.weight.astype(np.float64))
        bias = None if branch.bias is None else torch.from_numpy(branch.bias.astype(np.float64))
        strips = [F.conv3d(strip, weight, bias, padding=1) for strip in clip.chunk(branch.strips, dim=3)]
        return F.leaky_relu(torch.cat(strips, dim=3), SLOPE)

    groups = [torch.stack([one(branch) for branch in group]).sum(dim=0) for group in layer.groups]
    return torch.cat(groups, dim=3)[0].permute(1, 2, 3, 0).numpy()


def filtered(x: np.ndarray, layer: Branches, threads: int = 1) -> np.ndarray:
    ready = WinogradBranches(layer)
    t, h, w, c = x.shape
    source = tiled(t, h, w, c)
    wide = np.zeros((t, h, -(-w // SIDE) * SIDE, c), np.float32)
    wide[:, :, :w] = x
    pixels(source)[:] = wide.reshape(t, h, -1, SIDE, c)
    out = tiled(t, h * ready.groups, w, ready.channels_out)
    out.fill(np.nan)  # all of it is written
    for tasks in ready.tasks(source, out, threads=threads):
        for task in reversed(tasks):  # in any order
            task.run()
    clear_margin(out, w)
    assert np.isfinite(out).all()
    seen: np.ndarray = pixels(out).reshape(t, h * ready.groups, -1, ready.channels_out)
    assert not seen[:, :, w:].any()
    return seen[:, :, :w]


def branch(rng: np.random.Generator, c: int, d: int, strips: int, biased: bool) -> Branch:
    weight = rng.normal(size=(d, c, 3, 3, 3)).astype(np.float32)
    return Branch(weight, rng.normal(size=d).astype(np.float32) if biased else None, strips)


@given(
    st.integers(0, 2**32), st.integers(1, 14), st.integers(1, 3), st.integers(1, 9), st.integers(1, 11),
    st.booleans(), st.booleans(),
)  # fmt: skip
def test_results_are_those_of_the_direct_convolutions(
    seed: int, t: int, strips: int, rows: int, w: int, stack: bool, biased: bool
) -> None:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(t, strips * rows, w, 3)).astype(np.float32)
    one, two, three = (branch(rng, 3, 5, s, biased) for s in (1, strips, strips))
    layer = Branches(((one, three), (two,)) if stack else ((one, two),))
    slow = direct(x, layer)
    np.testing.assert_allclose(filtered(x, layer), slow, atol=1e-4 * np.abs(slow).max())


@pytest.mark.parametrize(("tiles", "threads"), [(1, 1), (3, 2), (1000, 1), (1000, 3)])
def test_bytes_do_not_depend_on_how_many_tiles_are_multiplied_at_once(
    tiles: int, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(9, 8, 10, 4)).astype(np.float32)
    layer = Branches(((branch(rng, 4, 6, 1, True), branch(rng, 4, 6, 2, True)),))
    usual = filtered(x, layer)
    monkeypatch.setattr(winograd, "TILES", tiles)
    assert filtered(x, layer, threads).tobytes() == usual.tobytes()


def test_every_thread_has_as_many_rows_of_tiles() -> None:
    rng = np.random.default_rng(0)
    ready = WinogradBranches(Branches(((branch(rng, 4, 6, 1, True),),)))
    (tasks,) = ready.tasks(tiled(4, 32, 8, 4), tiled(4, 32, 8, 6), threads=2)
    assert [task.rows for task in tasks] == [slice(0, 4), slice(4, 8)]
