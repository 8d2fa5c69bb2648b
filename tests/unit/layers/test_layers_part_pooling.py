"""Parts: generalised mean, linear maps per part, heads."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from gaitprint.layers.part_pooling import GeneralisedMean, PartHead, PartLinear, generalised_mean, part_product


def random(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def plain(x: torch.Tensor, power: torch.Tensor, parts: int) -> torch.Tensor:
    """The formula as it is printed."""
    n, c, _, _ = x.shape
    bands = x.reshape(n, c, parts, -1).clamp(min=1e-6)
    return bands.pow(power).mean(-1).pow(1 / power).transpose(1, 2)


@given(st.integers(1, 3), st.integers(1, 3), st.integers(1, 3), st.integers(1, 5), st.floats(1, 12), st.integers(0, 99))
def test_generalised_mean_is_the_printed_formula_in_value_and_gradient(n, parts, rows, w, power, seed) -> None:
    x = random(n, 2, parts * rows, w, seed=seed).requires_grad_()
    g = torch.tensor([power], dtype=torch.float64, requires_grad=True)
    found, expected = generalised_mean(x, g, parts), plain(x, g, parts)
    torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-12)
    pull = random(*found.shape, seed=seed + 1)
    got = torch.autograd.grad((found * pull).sum(), (x, g))
    torch.testing.assert_close(got, torch.autograd.grad((expected * pull).sum(), (x, g)), rtol=1e-7, atol=1e-9)


def test_power_one_is_the_mean_and_a_high_power_nearly_the_maximum() -> None:
    x = torch.tensor([[[[1.0, 2.0, 3.0, 6.0]]]])
    assert generalised_mean(x, torch.tensor([1.0]), 1).item() == pytest.approx(3.0)
    assert generalised_mean(x, torch.tensor([90.0]), 1).item() == pytest.approx(6.0, rel=0.02)


@pytest.mark.parametrize("power", [1.0, 6.5, 7.5, 8.5, 15.0, 30.0])
@pytest.mark.parametrize("value", [0.0, -3.0, 1e-6, 1e-3, 1.0, 1e4])
def test_value_and_gradient_stay_finite_on_even_parts_in_float32(power, value) -> None:
    x = torch.full((2, 3, 4, 22), value).requires_grad_()
    g = torch.tensor([power], requires_grad=True)
    y = generalised_mean(x, g, 4)
    torch.testing.assert_close(y, torch.full_like(y, max(value, 1e-6)), rtol=1e-5, atol=0)
    y.sum().backward()
    assert torch.isfinite(x.grad).all()
    assert torch.isfinite(g.grad).all()


def test_a_mixed_map_with_empty_parts_stays_finite_at_power_thirty() -> None:
    x = random(2, 3, 8, 22).float()
    x[:, :, ::2] = 0
    x.requires_grad_()
    g = torch.tensor([30.0], requires_grad=True)
    y = generalised_mean(x, g, 8)
    torch.testing.assert_close(y.double(), plain(x.double(), g.double(), 8), rtol=2e-5, atol=1e-9)
    y.sum().backward()
    assert torch.isfinite(x.grad).all()
    assert torch.isfinite(g.grad).all()


def test_pooling_takes_the_maximum_over_time_and_both_directions_of_a_band() -> None:
    pooling = GeneralisedMean(2, 6.5).double()
    x = random(2, 3, 5, 6, 4)
    y = pooling(x)
    assert y.shape == (2, 2, 3)
    torch.testing.assert_close(y, plain(x.amax(2), pooling.power.detach(), 2))


def test_half_precision_is_pooled_in_float32() -> None:
    y = generalised_mean(random(1, 2, 4, 6).to(torch.bfloat16), torch.tensor([6.5]), 4)
    assert y.dtype == torch.float32


def test_each_part_has_its_own_matrix() -> None:
    x, weight = random(2, 3, 4), random(3, 4, 5, seed=1)
    slow = torch.stack([torch.stack([x[n, p] @ weight[p] for p in range(3)]) for n in range(2)])
    torch.testing.assert_close(part_product(x, weight), slow)


def test_part_weights_have_the_bound_torch_gives_to_three_dimensions() -> None:
    weight = PartLinear(64, 256, 256, torch.Generator().manual_seed(0)).weight
    bound = (6 / (256 * 256 + 64 * 256)) ** 0.5
    assert bound == pytest.approx(0.00856, abs=1e-5)
    assert 0.999 * bound < weight.abs().max() <= bound


def head(kind: str, classes: int | None) -> PartHead:
    made = PartHead(kind, 3, 4, classes, torch.Generator().manual_seed(0)).double()
    if made.norm is not None:
        with torch.no_grad():
            made.norm.weight.copy_(random(*made.norm.weight.shape, seed=2))
            made.norm.bias.copy_(random(*made.norm.bias.shape, seed=3))
    return made


def test_plain_head_has_no_classifier() -> None:
    made, x = head("plain", 7), random(5, 3, 4)
    outputs = made(x)
    assert outputs.logits is None
    assert made.classifier is None
    torch.testing.assert_close(outputs.embedding, part_product(x, made.linear.weight))
    assert outputs.metric_features is outputs.embedding


def test_shared_norm_counts_all_parts_together_and_stands_before_triplet_and_retrieval() -> None:
    made, x = head("shared-bn", 7), random(5, 3, 4)
    outputs = made(x)
    y = part_product(x, made.linear.weight)
    mean, variance = y.mean((0, 1)), y.var((0, 1), correction=0)
    normal = (y - mean) / (variance + 1e-5).sqrt() * made.norm.weight + made.norm.bias
    torch.testing.assert_close(outputs.embedding, normal)
    torch.testing.assert_close(outputs.metric_features, normal)
    torch.testing.assert_close(outputs.logits, part_product(normal, made.classifier.weight))


def test_separate_neck_is_seen_by_the_classifier_only_which_sees_cosines() -> None:
    made, x = head("separate-bnneck", 7), random(5, 3, 4)
    outputs = made(x)
    y = part_product(x, made.linear.weight)
    torch.testing.assert_close(outputs.embedding, y)
    torch.testing.assert_close(outputs.metric_features, y)
    flat = y.flatten(1)
    normal = (flat - flat.mean(0)) / (flat.var(0, correction=0) + 1e-5).sqrt() * made.norm.weight + made.norm.bias
    normal = normal.view(5, 3, 4)
    for n, p, k in [(0, 0, 0), (4, 2, 6), (2, 1, 3)]:
        cosine = torch.cosine_similarity(normal[n, p], made.classifier.weight[p, :, k], dim=0)
        torch.testing.assert_close(outputs.logits[n, p, k], cosine)


@pytest.mark.parametrize("kind", ["plain", "shared-bn", "separate-bnneck"])
def test_without_classes_there_are_no_logits(kind) -> None:
    made = head(kind, None)
    assert made(random(5, 3, 4)).logits is None
    assert made.classifier is None
    assert (made.norm is not None) == (kind == "shared-bn")


@pytest.mark.parametrize("seed", range(20))
def test_gradients_of_random_shapes(seed) -> None:
    n, c, parts, rows, w = torch.randint(1, 4, (5,), generator=torch.Generator().manual_seed(seed)).tolist()
    n += 1
    x = random(n, c, parts * rows, w, seed=seed).requires_grad_()
    g = torch.tensor([1.5 + seed], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda a, b: generalised_mean(a, b, parts), (x, g))
    pooled = random(n, parts, c + 1, seed=seed).requires_grad_()
    for kind in ("plain", "shared-bn", "separate-bnneck"):
        made = PartHead(kind, parts, c + 1, 3, torch.Generator().manual_seed(seed)).double()
        names = dict(made.named_parameters())

        def run(a: torch.Tensor, *values: torch.Tensor, made=made, names=names) -> tuple[torch.Tensor, ...]:
            result = torch.func.functional_call(made, dict(zip(names, values, strict=True)), (a,))
            return tuple(v for v in result if v is not None)

        assert torch.autograd.gradcheck(run, (pooled, *names.values()))
