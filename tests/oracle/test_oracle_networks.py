"""Both networks against independent implementations: embeddings, stages, one training batch, gradients, buffers."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from gaitprint.components import find_component
from gaitprint.interop.weights import ImportedWeights, import_weights
from gaitprint.losses.part_softmax import part_cross_entropy
from gaitprint.losses.part_triplet import batch_all_triplet

Golden = Callable[[str], dict[str, np.ndarray]]
FILES = ["gaitgl_opengait_casiab", "gaitgl_opengait_oumvlp", "gaitgl_opengait_bnneck"]
CLIPS = ["T1", "T2", "T3", "T4", "T5", "T30", "T31", "T50", "T7_128x88"]


@pytest.fixture(scope="module", params=FILES)
def case(request: pytest.FixtureRequest, golden: Golden) -> tuple[str, dict[str, np.ndarray]]:
    return request.param, golden(request.param)


@pytest.fixture(scope="module")
def imported(case: tuple[str, dict[str, np.ndarray]], tmp_path_factory: pytest.TempPathFactory) -> ImportedWeights:
    path = tmp_path_factory.mktemp("toolkit") / "GaitGL-80000.pt"
    return import_weights(write_checkpoint(path, case[1]), keep_classifier=True)


@pytest.fixture(scope="module")
def network(imported: ImportedWeights) -> nn.Module:
    return built(imported)


def write_checkpoint(path: Path, arrays: dict[str, np.ndarray]) -> Path:
    """A checkpoint as the reference toolkit writes it."""
    weights = {k.removeprefix("weights/"): torch.from_numpy(v) for k, v in arrays.items() if k.startswith("weights/")}
    torch.save({"model": weights, "optimizer": {"state": {}}, "scheduler": {}, "iteration": 80000}, path)
    return path


def built(weights: ImportedWeights) -> nn.Module:
    component = find_component("network", weights.network)
    made = component.make(weights.settings, classes=weights.classes, generator=torch.Generator())
    made.load_state_dict(weights.state)
    return made.eval()


def clip(array: np.ndarray) -> torch.Tensor:
    """[..., T, H, W] uint8 -> [N, 1, T, H, W] float32 in [0, 1]."""
    values = torch.from_numpy(array.astype(np.float32) / 255)
    return values[None, None] if array.ndim == 3 else values[:, None]


def relative(found: np.ndarray, expected: np.ndarray) -> float:
    assert found.shape == expected.shape
    return float(np.abs(found - expected).max() / np.abs(expected).max())


def channels_first(parts: torch.Tensor) -> np.ndarray:
    return parts.detach().transpose(1, 2).numpy()


@pytest.mark.parametrize("name", CLIPS)
def test_embeddings_are_those_of_the_toolkit(case, network, name) -> None:
    arrays = case[1]
    with torch.no_grad():
        found = channels_first(network(clip(arrays[f"input/{name}"])).embedding)[0]
    assert relative(found, arrays[f"embeddings/{name}"]) <= 1e-5
    if f"embeddings_f64/{name}" in arrays:
        assert relative(found, arrays[f"embeddings_f64/{name}"]) <= 1e-5


def test_stages_and_logits_are_those_of_the_toolkit(case, network) -> None:
    arrays = case[1]
    double = "oumvlp" in case[0] or "bnneck" in case[0]
    found: dict[str, np.ndarray] = {}

    def keep(module: nn.Module, name: str) -> None:
        module.register_forward_hook(lambda _m, _i, out: found.__setitem__(name, out.detach().numpy()[0]))

    hooked = built_copy(network)
    keep(hooked.stem, "conv3d")
    keep(hooked.aggregation, "LTA")
    keep(hooked.before_pool, "GLConvA0")
    keep(hooked.after_pool[1 if double else 0], "GLConvA1")
    keep(hooked.after_pool[-1], "GLConvB2")
    keep(hooked.pooling, "HPP")
    keep(hooked.head.linear, "Head0")
    outputs = hooked(clip(arrays["input/T4"]))
    for name in ("HPP", "Head0"):
        found[name] = found[name].T
    found["TP"] = found["GLConvB2"].max(axis=1)
    for name, value in found.items():
        assert relative(value, arrays[f"stages_T4/{name}"]) <= 1e-5, name
    expected = arrays["stages_T4/BNNecks_logits" if "bnneck" in case[0] else "stages_T4/Head1"]
    assert relative(channels_first(outputs.logits)[0], expected) <= 1e-4


def test_one_training_batch_gives_the_toolkits_losses_gradients_and_buffers(case, network) -> None:
    name, arrays = case
    trained = built_copy(network).train()
    outputs = trained(clip(arrays["train/input"]))
    labels = torch.from_numpy(arrays["train/labels"])
    assert relative(channels_first(outputs.metric_features), arrays["train_f64/embeddings"]) <= 1e-5
    assert relative(channels_first(outputs.logits), arrays["train_f64/logits"]) <= 1e-4

    triplet = batch_all_triplet(outputs.metric_features, labels, float(arrays["config/margin"]))
    np.testing.assert_allclose(triplet.per_part.detach(), arrays["train_f64/triplet_per_part"], atol=1e-5)
    np.testing.assert_array_equal(triplet.active, arrays["train_f64/triplet_num_per_part"])
    np.testing.assert_allclose(triplet.mean_distance, arrays["train_f64/triplet_mean_dist_per_part"], atol=1e-5)

    smoothing = float(arrays["config/ce_label_smoothing"])
    softmax = part_cross_entropy(outputs.logits, labels, label_smoothing=smoothing)
    np.testing.assert_allclose(softmax.loss.detach(), arrays["train_f64/ce_loss"], rtol=1e-5)
    np.testing.assert_allclose(softmax.accuracy, arrays["train/ce_accuracy"], atol=1e-6)
    for scale in (1, 16):
        for smooth in (0, 1):
            value = part_cross_entropy(outputs.logits, labels, float(scale), 0.1 * smooth).loss.detach()
            expected = arrays[f"train_f64/ce_scale{scale}_smooth{smooth}"]
            np.testing.assert_allclose(value, expected, rtol=2e-5)

    total = triplet.loss + softmax.loss
    np.testing.assert_allclose(total.detach(), arrays["train_f64/total_loss"], atol=1e-5)
    total.backward()
    check_gradients(name, trained, arrays)
    check_buffers(trained, arrays)


def check_gradients(name: str, trained: nn.Module, arrays: dict[str, np.ndarray]) -> None:
    """Through the importer itself: gradients have the names and shapes of weights."""
    names = {k.removeprefix("weights/"): v for k, v in arrays.items() if k.startswith("weights/")}
    gradients = {}
    for key, value in names.items():
        gradients[f"weights/{key}"] = arrays.get(f"train_f64/grad/{key}", value)
    expected = imported_arrays(gradients)
    parameters = dict(trained.named_parameters())
    assert len(parameters) == sum(k.startswith("train_f64/grad/") for k in arrays)
    for key, parameter in parameters.items():
        assert relative(parameter.grad.numpy(), expected[key].numpy()) <= 1e-3, (name, key)


def check_buffers(trained: nn.Module, arrays: dict[str, np.ndarray]) -> None:
    after = {k: v for k, v in arrays.items() if k.startswith("weights/")}
    after |= {f"weights/{k.split('/')[-1]}": v for k, v in arrays.items() if k.startswith("train/buffers_after/")}
    expected = imported_arrays(after)
    buffers = dict(trained.named_buffers())
    assert {k.split(".")[-1] for k in buffers} == {"running_mean", "running_var", "num_batches_tracked"}
    for key, value in buffers.items():
        assert relative(value.numpy(), expected[key].numpy()) <= 1e-5, key


def imported_arrays(arrays: dict[str, np.ndarray]) -> dict[str, torch.Tensor]:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        return import_weights(write_checkpoint(Path(folder) / "x.pt", arrays), keep_classifier=True).state


def built_copy(network: nn.Module) -> nn.Module:
    from copy import deepcopy

    return deepcopy(network)


@pytest.fixture(scope="module")
def author_network(golden: Golden, tmp_path_factory: pytest.TempPathFactory) -> nn.Module:
    arrays = golden("gaitgl_author")
    generator = np.random.Generator(np.random.PCG64(int(arrays["weights_seed"])))
    state = {}
    for key in arrays["weights_keys"].tolist():
        shape = tuple(arrays[f"weights_check/{key}/shape"].tolist())
        value = author_tensor(key, shape, generator)
        assert float(value.sum(dtype=np.float64)) == pytest.approx(float(arrays[f"weights_check/{key}/sum_f64"]))
        np.testing.assert_array_equal(value.reshape(-1)[-6:], arrays[f"weights_check/{key}/tail"])
        state[f"module.{key}"] = torch.from_numpy(value)
    path = tmp_path_factory.mktemp("authors") / "GaitGL_OUMVLP_73_False_256_0.2_128_full_30-250000-encoder.ptm"
    torch.save(state, path)
    weights = import_weights(path)
    assert weights.settings["form"] == "competition"
    return built(weights)


def author_tensor(key: str, shape: tuple[int, ...], generator: np.random.Generator) -> np.ndarray:
    if key == "Gem.p":
        return np.full(shape, 6.5, np.float32)
    value = generator.standard_normal(shape, dtype=np.float32)
    gain, fan_in = (1.4, int(np.prod(shape[1:]))) if len(shape) == 5 else (1.0, shape[1])
    value *= np.float32(gain / np.sqrt(fan_in))
    if shape[2:] == (3, 3, 3):
        value[:, :, 0] *= np.float32(0.5)
        value[:, :, 2] *= np.float32(0.5)
    return value


@pytest.mark.parametrize("name", ["T1", "T2", "T3", "T4", "T30"])
def test_embeddings_are_those_of_the_authors(golden, author_network, name) -> None:
    arrays = golden("gaitgl_author")
    with torch.no_grad():
        found = channels_first(author_network(clip(arrays[f"input/{name}"])).embedding)[0]
    assert relative(found, arrays[f"embeddings/{name}"]) <= 1e-5


GROUPS = ["P2K2", "P4K4", "P8K3", "collapsed", "mixed_active", "repeated", "zero_active"]


@pytest.mark.parametrize("group", GROUPS)
def test_batch_all_triplet_is_that_of_both_references(golden, group) -> None:
    arrays = golden("triplet")
    features = torch.from_numpy(arrays[f"{group}/embeddings"]).transpose(1, 2).clone().requires_grad_()
    values = batch_all_triplet(features, torch.from_numpy(arrays[f"{group}/labels"]))
    for loss, count in (("og_loss", "og_num"), ("gs_full", "gs_num")):
        np.testing.assert_allclose(values.per_part.detach(), arrays[f"{group}/{loss}_f64"], atol=1e-5)
        np.testing.assert_array_equal(values.active, arrays[f"{group}/{count}_f64"])
    np.testing.assert_allclose(values.mean_distance, arrays[f"{group}/og_mean_dist_f64"], atol=1e-5)
    values.loss.backward()
    compare_gradient(features.grad, arrays.get(f"{group}/og_grad_f64"))


@pytest.mark.parametrize("group", GROUPS)
def test_batch_hard_triplet_is_that_of_the_reference(golden, group) -> None:
    from gaitprint.losses.part_triplet import batch_hard_triplet

    arrays = golden("triplet")
    features = torch.from_numpy(arrays[f"{group}/embeddings"]).transpose(1, 2).clone().requires_grad_()
    values = batch_hard_triplet(features, torch.from_numpy(arrays[f"{group}/labels"]))
    np.testing.assert_allclose(values.per_part.detach(), arrays[f"{group}/gs_hard_f64"], atol=1e-5)
    values.loss.backward()
    compare_gradient(features.grad, arrays.get(f"{group}/gs_hard_grad_f64"))


def compare_gradient(found: torch.Tensor, expected: np.ndarray | None) -> None:
    assert torch.isfinite(found).all()
    if expected is not None:
        largest = max(float(np.abs(expected).max()), 1e-12)
        assert np.abs(channels_first(found) - expected).max() <= 1e-5 * largest
