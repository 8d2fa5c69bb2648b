"""The count of a form's arithmetic."""

import numpy as np
import pytest

from gaitprint.deploy.form import Branch, Branches, Convolution, DeployForm, MaxPool, Residual, Triples
from gaitprint.deploy.operations import direct_operations


def weights(*shape: int) -> np.ndarray:
    return np.zeros(shape, np.float32)


def form(*layers) -> DeployForm:
    return DeployForm(layers, 4, 4, 6.5, weights(4, 2, 3), None, lengthen_three=True)


def test_each_layer_counts_on_the_map_that_it_sees() -> None:
    stem = Branches(((Branch(weights(2, 1, 3, 3, 3)),),))
    both = Branches(((Branch(weights(3, 2, 3, 3, 3)),), (Branch(weights(3, 2, 3, 3, 3), strips=2),)))
    last = Branches(((Branch(weights(2, 3, 3, 3, 3)), Branch(weights(2, 3, 3, 3, 3))),))
    first = 2 * (2 * 1 * 27) * 7 * 4 * 6
    triples = 2 * (2 * 2 * 3) * 2 * 4 * 6
    pooled = 2 * (2 * 3 * 2 * 27) * 2 * 2 * 3
    stacked = 2 * (2 * 2 * 3 * 27) * 2 * 4 * 3
    made = form(stem, Triples(weights(2, 2, 3)), MaxPool(), both, last)
    assert direct_operations(made, 7, (4, 6)) == first + triples + pooled + stacked


@pytest.mark.parametrize(("frames", "counted"), [(1, 3), (2, 4), (3, 4), (4, 4)])
def test_short_clips_count_with_the_frames_they_are_lengthened_to(frames: int, counted: int) -> None:
    made = form(Branches(((Branch(weights(1, 1, 3, 3, 3)),),)), Triples(weights(1, 1, 3)))
    assert direct_operations(made, frames, (4, 2)) == 2 * 27 * counted * 4 * 2 + 2 * 3 * 4 * 2


@pytest.mark.parametrize("frames", [1, 2, 3, 5])
def test_blocks_count_on_the_maps_that_they_make(frames: int) -> None:
    body = Convolution(weights(3, 2, 1, 3, 3), stride=2), Convolution(weights(3, 3, 3, 1, 1))
    block = Residual(body, Convolution(weights(3, 2, 1, 1, 1), stride=2, slope=1.0))
    made = form(Convolution(weights(2, 1, 1, 3, 3)), block)
    stem, small = 2 * 2 * 9 * 4 * 6, 2 * 3
    expected = frames * (stem + small * 2 * (3 * 2 * 9 + 3 * 3 * 3 + 3 * 2))
    assert direct_operations(made, frames, (4, 6)) == expected
