"""Minimal filtering against the filter itself."""

import pytest
import torch

from gaitprint.layers.winograd import LARGEST, minimal_filter


@pytest.mark.parametrize("outputs", range(1, LARGEST + 1))
def test_matrices_filter_with_two_multiplications_more_than_outputs(outputs: int) -> None:
    generator = torch.Generator().manual_seed(outputs)
    taps, inputs = (torch.randn(k, dtype=torch.float64, generator=generator) for k in (3, outputs + 2))
    matrices = minimal_filter(outputs)
    product = (matrices.taps @ taps) * (matrices.inputs @ inputs)
    assert product.shape == (outputs + 2,)
    slow = torch.stack([(inputs[k : k + 3] * taps).sum() for k in range(outputs)])
    torch.testing.assert_close(matrices.results @ product, slow)


def test_matrices_of_two_outputs_are_those_of_the_paper_but_for_signs() -> None:
    matrices = minimal_filter(2)
    torch.testing.assert_close(matrices.results, torch.tensor([[1, 1, 1, 0], [0, 1, -1, 1]], dtype=torch.float64))
    published = torch.tensor([[1, 0, -1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, 1, 0, -1]], dtype=torch.float64)
    torch.testing.assert_close(matrices.inputs.abs(), published.abs())


@pytest.mark.parametrize("outputs", range(1, LARGEST + 1))
def test_numbers_that_mix_the_inputs_are_at_most_one(outputs: int) -> None:
    largest = minimal_filter(outputs).inputs.abs().max(dim=1).values
    torch.testing.assert_close(largest, torch.ones(outputs + 2, dtype=torch.float64))
