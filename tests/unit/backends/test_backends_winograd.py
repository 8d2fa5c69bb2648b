"""The back end of minimal filtering against the networks in double precision."""

import numpy as np
import pytest
import torch
from trained_networks import NETWORKS, clips, trained

from gaitprint.components import find_component
from gaitprint.errors import ShapeError


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("threads", [1, 2])
def test_features_are_those_of_the_network(name: str, threads: int) -> None:
    network = trained(name)
    form = network.deploy_form()
    assert form is not None
    session = find_component("backend", "winograd").make().open(form, threads)
    network.double()
    for frames in (1, 2, 3, 4, 17):
        x = clips(2, frames, form.height, 22)
        with torch.inference_mode():
            slow = network(torch.from_numpy(x[:, None]).double()).embedding.numpy()
        fast = session(x)
        assert fast.dtype == np.float32
        np.testing.assert_allclose(fast, slow, atol=1e-5 * np.abs(slow).max())


def test_frames_of_twice_the_height_have_as_many_parts() -> None:
    network = trained("mask")
    form = network.deploy_form()
    assert form is not None
    session = find_component("backend", "winograd").make().open(form, 1)
    x = clips(1, 6, 32, 22)
    with torch.inference_mode():
        slow = network(torch.from_numpy(x[:, None])).embedding.numpy()
    np.testing.assert_allclose(session(x), slow, atol=1e-5 * np.abs(slow).max())


@pytest.mark.parametrize("shape", [(1, 4, 17, 22), (1, 4, 16, 21), (0, 4, 16, 22)])
def test_clips_that_do_not_fit_are_refused(shape: tuple[int, ...]) -> None:
    form = trained("mask").deploy_form()
    assert form is not None
    session = find_component("backend", "winograd").make().open(form, 1)
    with pytest.raises(ShapeError, match="16 rows"):
        session(np.zeros(shape, np.float32))


def test_clips_give_the_same_bytes_alone_and_together_by_any_number_of_threads() -> None:
    form = trained("journal").deploy_form()
    assert form is not None
    x = clips(5, 9, form.height, 22)
    one, two, three = (find_component("backend", "winograd").make().open(form, n) for n in (1, 2, 3))
    expected = one(x).tobytes()
    assert two(x).tobytes() == three(x).tobytes() == expected
    assert b"".join(two(clip[None]).tobytes() for clip in x) == expected
