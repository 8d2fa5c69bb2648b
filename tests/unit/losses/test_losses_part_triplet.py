"""The triplet losses against three plain loops."""

from inspect import unwrap

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from gaitprint.components import find_component
from gaitprint.errors import ConfigError, ShapeError
from gaitprint.losses import part_triplet
from gaitprint.losses.part_triplet import batch_all_triplet, batch_hard_triplet, part_distances

label_lists = st.lists(st.integers(-3, 3), min_size=1, max_size=9)


def random(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def slow_all(features: torch.Tensor, labels: list[int], margin: float) -> tuple[list[float], list[int], int]:
    """Every triplet by itself: losses, counts of non-zero terms, and how many triplets there are."""
    losses, counts, total = [], [], 0
    n = len(labels)
    for p in range(features.shape[1]):
        terms = []
        for a in range(n):
            for b in range(n):
                for c in range(n):
                    if labels[a] == labels[b] != labels[c]:
                        near, far = features[a, p] - features[b, p], features[a, p] - features[c, p]
                        terms.append(max(0.0, margin + float(near.norm()) - float(far.norm())))
        above = [t for t in terms if t > 0]
        losses.append(sum(above) / len(above) if above else 0.0)
        counts.append(len(above))
        total = len(terms)
    return losses, counts, total


def slow_hard(features: torch.Tensor, labels: list[int], margin: float) -> list[float]:
    losses = []
    for p in range(features.shape[1]):
        terms = []
        for a, label in enumerate(labels):
            distances = [float((features[a, p] - other).norm()) for other in features[:, p]]
            negatives = [d for d, other in zip(distances, labels, strict=True) if other != label]
            positives = [d for d, other in zip(distances, labels, strict=True) if other == label]
            if negatives:
                terms.append(max(0.0, margin + max(positives) - min(negatives)))
        losses.append(sum(terms) / len(terms) if terms else 0.0)
    return losses


@given(label_lists, st.integers(1, 3), st.integers(1, 4), st.floats(0, 2), st.integers(0, 99))
def test_batch_all_is_the_mean_of_the_non_zero_terms(labels, parts, channels, margin, seed) -> None:
    features = random(len(labels), parts, channels, seed=seed)
    values = batch_all_triplet(features, torch.tensor(labels), margin)
    losses, counts, total = slow_all(features, labels, margin)
    np.testing.assert_allclose(values.per_part, losses, atol=1e-9)
    assert values.active.tolist() == counts
    assert values.total == total
    assert float(values.loss) == pytest.approx(sum(losses) / parts, abs=1e-9)


@given(label_lists, st.integers(1, 3), st.integers(1, 4), st.floats(0, 2), st.integers(0, 99))
def test_batch_hard_takes_the_farthest_positive_and_the_nearest_negative(labels, parts, channels, margin, seed) -> None:
    features = random(len(labels), parts, channels, seed=seed)
    values = batch_hard_triplet(features, torch.tensor(labels), margin)
    np.testing.assert_allclose(values.per_part, slow_hard(features, labels, margin), atol=1e-9)
    assert values.total == (len(labels) if len(set(labels)) > 1 else 0)


def test_the_usual_batch_has_the_published_number_of_triplets() -> None:
    labels = torch.arange(32).repeat_interleave(8)
    assert batch_all_triplet(torch.randn(256, 1, 2), labels).total == 507_904


def test_the_anchor_is_among_its_positives() -> None:
    """Two subjects once each: only anchor-with-itself triplets are there."""
    features = torch.tensor([[[0.0]], [[0.15]]])
    values = batch_all_triplet(features, torch.tensor([1, 2]), margin=0.2)
    assert values.total == 2
    assert float(values.loss) == pytest.approx(0.05)


def test_a_single_active_triplet_is_not_averaged_away() -> None:
    features = torch.tensor([[[0.0]], [[1.0]], [[2.1]]])
    values = batch_all_triplet(features, torch.tensor([0, 0, 1]), margin=0.2)
    assert values.active.tolist() == [1]
    assert float(values.loss) == pytest.approx(0.1, abs=1e-6)


@pytest.mark.parametrize("chunk", [1, 200, 1000, 16_000_000])
def test_the_size_of_the_groups_changes_nothing(chunk, monkeypatch) -> None:
    features, labels = random(12, 5, 4).requires_grad_(), torch.tensor([0, 0, 0, 0, 0, 1, 1, 2, 2, 2, 3, 4])
    whole = batch_all_triplet(features, labels)
    expected = torch.autograd.grad(whole.loss, features)[0]
    monkeypatch.setattr(part_triplet, "CHUNK", chunk)
    grouped = batch_all_triplet(features, labels)
    torch.testing.assert_close(grouped.per_part, whole.per_part)
    assert torch.equal(grouped.active, whole.active)
    torch.testing.assert_close(torch.autograd.grad(grouped.loss, features)[0], expected)


def test_collapsed_features_lose_the_margin_and_have_a_finite_gradient() -> None:
    features = torch.ones(6, 4, 8, requires_grad=True)
    values = batch_all_triplet(features, torch.tensor([0, 0, 0, 1, 1, 1]))
    assert float(values.loss.detach()) == pytest.approx(0.2)
    assert values.active.tolist() == [values.total] * 4
    values.loss.backward()
    assert torch.equal(features.grad, torch.zeros_like(features))


@pytest.mark.parametrize("mine", [batch_all_triplet, batch_hard_triplet])
@pytest.mark.parametrize("labels", [[0], [4, 4, 4], [0, 1]])
def test_batches_without_active_triplets_lose_nothing(mine, labels) -> None:
    features = (10 * torch.eye(3)[: len(labels), None, :]).requires_grad_()
    values = mine(features, torch.tensor(labels))
    values.loss.backward()
    assert float(values.loss.detach()) == 0
    assert values.active.tolist() == [0]
    assert torch.equal(features.grad, torch.zeros_like(features))


def test_distances_come_from_differences() -> None:
    features = torch.randn(3, 2, 256, generator=torch.Generator().manual_seed(0)) + 1000
    features[1] = features[0]
    distances = part_distances(features, torch.arange(3))
    assert torch.equal(distances[:, 0, 1], torch.zeros(2))
    assert torch.equal(distances.diagonal(dim1=1, dim2=2), torch.zeros(2, 3))
    exact = (features[0].double() - features[2].double()).norm(dim=1)
    torch.testing.assert_close(distances[:, 0, 2].double(), exact, rtol=1e-6, atol=0)


def test_mixed_precision_keeps_distances_in_float32() -> None:
    features = torch.randn(4, 2, 16, generator=torch.Generator().manual_seed(0))
    labels = torch.tensor([0, 0, 1, 1])
    expected = batch_all_triplet(features.bfloat16().float(), labels)
    with torch.autocast("cpu", torch.bfloat16):
        values = batch_all_triplet(features.bfloat16(), labels)
    assert values.loss.dtype == torch.float32
    assert torch.equal(values.loss, expected.loss)


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("mine", [batch_all_triplet, batch_hard_triplet])
def test_gradients_of_random_shapes(mine, seed) -> None:
    generator = torch.Generator().manual_seed(seed)
    n, parts, channels, subjects = torch.randint(1, 6, (4,), generator=generator).tolist()
    labels = torch.randint(subjects, (n + 1,), generator=generator)
    features = random(n + 1, parts, channels, seed=seed).requires_grad_()
    assert torch.autograd.gradcheck(lambda f: mine(f, labels, 0.5)[:2], (features,), atol=1e-4)


def test_the_order_of_the_batch_does_not_matter() -> None:
    features, labels = random(8, 3, 4), torch.tensor([0, 1, 2, 0, 1, 2, 0, 1])
    order = torch.tensor([3, 1, 7, 0, 2, 6, 5, 4])
    whole, other = batch_all_triplet(features, labels), batch_all_triplet(features[order], labels[order])
    torch.testing.assert_close(whole.per_part, other.per_part)
    torch.testing.assert_close(whole.mean_distance, other.mean_distance)


@pytest.mark.parametrize("labels", [torch.tensor([0, 1]), torch.tensor([0, 1, 2, 3])])
def test_labels_of_another_number_are_refused(labels) -> None:
    with pytest.raises(ShapeError, match=r"features \[N, P, C\] and labels \[N\] .*found \[3, 2, 4\] and \[[24]\]"):
        unwrap(part_distances)(torch.zeros(3, 2, 4), labels)


def test_the_component_reads_the_triplet_features_and_reports_its_figures() -> None:
    features, labels = random(6, 2, 3), torch.tensor([0, 0, 1, 1, 2, 2])
    for mining, mine in (("all", batch_all_triplet), ("hard", batch_hard_triplet)):
        loss = find_component("loss", "part-triplet").make({"margin": 0.4, "mining": mining})
        values, expected = loss(features, labels), mine(features, labels, 0.4)
        assert torch.equal(values.loss, expected.loss)
        figures = loss.figures(values)
        assert figures["triplet"] == pytest.approx(float(expected.loss))
        assert figures["active_share"] == pytest.approx(float(expected.active.sum()) / (2 * expected.total))
        assert figures["mean_distance"] == pytest.approx(float(expected.mean_distance.mean()))
    assert loss.reads == "metric_features"
    alone = loss(features[:1], labels[:1])
    assert loss.figures(alone)["active_share"] == 0.0


@pytest.mark.parametrize("margin", [-0.1, float("inf"), float("nan")])
def test_wrong_margins_are_refused(margin) -> None:
    with pytest.raises(ConfigError, match="margin is at least 0"):
        find_component("loss", "part-triplet").make({"margin": margin})


def test_the_full_batch_keeps_its_memory_bounded() -> None:
    """Only one group of terms is alive at a time: no tensor that autograd keeps is larger than [P, N, N]."""
    features, labels = torch.randn(64, 4, 8).requires_grad_(), torch.arange(8).repeat_interleave(8)
    kept: list[int] = []
    with torch.autograd.graph.saved_tensors_hooks(lambda t: kept.append(t.numel()) or t, lambda t: t):
        batch_all_triplet(features, labels).loss.backward()
    assert kept
    assert max(kept) <= 4 * 64 * 64
