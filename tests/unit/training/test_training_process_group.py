"""Several processes on slices of a batch against one process on the whole."""

import json
from pathlib import Path

import pytest
import torch
import world_ranks
from safetensors.torch import load_file
from torch import Tensor, nn
from world_ranks import CASES, DTYPES

from gaitprint.errors import ConfigError
from gaitprint.training.process_group import ProcessGroup, join_process_group

pytestmark = pytest.mark.usefixtures("one_thread")

LIMITS = {"float32": 1e-5, "float64": 1e-9}
NAMES = ["RANK", "WORLD_SIZE", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT"]


@pytest.fixture(autouse=True)
def no_launch(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module", params=[2, 3])
def group(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[int, Path]:
    """The number of processes, and the folder into which a group of so many has written what it found."""
    folder = tmp_path_factory.mktemp(f"world{request.param}")
    assert world_ranks.started(request.param, folder, world_ranks.everything) == [0] * request.param
    return request.param, folder


@pytest.fixture(scope="module")
def plain() -> dict[tuple[str, str], dict[str, Tensor]]:
    """Each case in one process, the obvious way."""
    return {
        (case, dtype): world_ranks.trained(ProcessGroup(), case, DTYPES[dtype]) for case in CASES for dtype in DTYPES
    }


def tensors(group: tuple[int, Path], name: str) -> list[dict[str, Tensor]]:
    return [load_file(group[1] / f"{name} {rank}.safetensors") for rank in range(group[0])]


def farthest(found: dict[str, Tensor], expected: dict[str, Tensor], prefix: str) -> float:
    """The largest difference of a value whose name begins so."""
    assert found.keys() == expected.keys()
    keys = [key for key in expected if key.startswith(prefix)]
    assert keys
    return max(float((found[key] - expected[key]).abs().max()) for key in keys)


@pytest.mark.parametrize("dtype", list(DTYPES))
@pytest.mark.parametrize("case", list(CASES))
def test_processes_have_loss_gradients_and_three_steps_of_one(case, dtype, group, plain) -> None:
    expected, limit = plain[case, dtype], LIMITS[dtype]
    assert max(float(value.abs().max()) for key, value in expected.items() if key.startswith("grad.")) > 1e-2
    for found in tensors(group, f"{case} {dtype}"):
        assert farthest(found, expected, "loss") < limit
        assert farthest(found, expected, "grad.") < limit
        assert farthest(found, expected, "state.") < (1e-4 if dtype == "float32" else limit)
        assert farthest(found, expected, "embedding") < (1e-3 if dtype == "float32" else limit)


@pytest.mark.parametrize("case", list(CASES))
def test_all_processes_hold_the_same_bits(case, group) -> None:
    first, *others = tensors(group, f"{case} float32")
    for other in others:
        assert all(torch.equal(first[key], other[key]) for key in first)


@pytest.mark.parametrize("case", list(CASES))
def test_every_norm_is_swapped_among_others_and_none_alone(case, group, plain) -> None:
    norms, none = plain[case, "float32"]["kinds"].tolist()
    assert norms > 0
    assert none == 0
    assert all(found["kinds"].tolist() == [0, norms] for found in tensors(group, f"{case} float32"))


def test_gathered_lays_tensors_of_any_type_in_the_order_of_ranks(group) -> None:
    size = group[0]
    whole = torch.cat([torch.arange(6).reshape(2, 3) + 100 * rank for rank in range(size)])
    for found in tensors(group, "tensors"):
        assert torch.equal(found["whole"], whole)
        assert torch.equal(found["flags"], whole % 2 == 0)
        assert torch.equal(found["half"], whole.to(torch.bfloat16))
        assert torch.equal(found["turned"], torch.cat([part.T for part in whole.split(2)]))


def test_the_gradient_of_gathered_is_the_own_slice_of_the_own_gradient(group) -> None:
    for rank, found in enumerate(tensors(group, "tensors")):
        expected = torch.arange(6 * group[0]).reshape(-1, 3)[2 * rank : 2 * rank + 2] * (rank + 1)
        assert torch.equal(found["gradient"], expected.double())


def test_gradients_are_summed_over_processes_with_the_same_bits_each_time(group) -> None:
    size, expected = group[0], {"first": 0, "wide": 0, "long": 0}
    for rank in range(size):
        generator = torch.Generator().manual_seed(rank)
        for key, shape in (("first", (3,)), ("wide", (2, 3, 1, 2, 2)), ("long", (70_001,))):
            expected[key] = expected[key] + torch.randn(shape, generator=generator)
    first, *others = tensors(group, "tensors")
    for key, value in expected.items():
        torch.testing.assert_close(first[key], value)
    assert torch.equal(first["some"], torch.full((4,), 7.0))
    assert all(torch.equal(other[key], first[key]) for other in others for key in (*expected, "some"))
    assert first["again"].all()


def test_flags_and_values_reach_everybody(group) -> None:
    for rank in range(group[0]):
        facts = json.loads((group[1] / f"facts {rank}.json").read_text())
        assert facts == {"any": [False, True, True, True], "same": [{"rank": 0, "text": "ü" * 1000}, [0], None]}


def test_who_is_left_behind_says_so_in_one_line(tmp_path) -> None:
    assert world_ranks.started(2, tmp_path, world_ranks.deserted) == [3, 0]
    said = (tmp_path / "said 0").read_text()
    assert said.startswith("another process of this run does not answer (")
    assert "\n" not in said


def test_alone_there_is_no_group_and_everything_is_handed_back() -> None:
    with join_process_group("cpu") as world:
        assert world == ProcessGroup()
        assert world.alone
        assert not torch.distributed.is_initialized()
        x, parameter = torch.rand(2, 3), nn.Parameter(torch.zeros(2))
        assert world.all_gather(x) is x
        assert world.any(True)
        assert not world.any(False)
        assert world.broadcast([1, None]) == [1, None]
        world.barrier()
        world.sum_gradients([parameter])
        assert parameter.grad is None
        network = nn.Sequential(nn.BatchNorm1d(2))
        world.synchronised(network)
        assert type(network[0]) is nn.BatchNorm1d


def test_torchrun_of_one_process_is_one_process(monkeypatch) -> None:
    for name, value in zip(NAMES, ["0", "1", "0"], strict=False):
        monkeypatch.setenv(name, value)
    with join_process_group("cpu") as world:
        assert world.alone


def test_a_norm_used_in_two_places_stays_one() -> None:
    norm = nn.BatchNorm2d(2)
    network = nn.Sequential(norm, nn.Sequential(norm, nn.ReLU()), nn.BatchNorm3d(2))
    keys = list(network.state_dict())
    ProcessGroup(0, 2).synchronised(network)
    assert network[0] is network[1][0]
    assert network[0].weight is norm.weight
    assert type(network[2]) is type(network[0])
    assert list(network.state_dict()) == keys


TWO = {"RANK": "1", "WORLD_SIZE": "2", "LOCAL_RANK": "1", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "1"}


@pytest.mark.parametrize(
    ("changes", "device", "message"),
    [
        ({"RANK": None}, "cpu", r"^WORLD_SIZE, LOCAL_RANK set without RANK: start with torchrun, or unset them"),
        ({"RANK": None, "LOCAL_RANK": None}, "cpu", r"^WORLD_SIZE set without RANK, LOCAL_RANK: "),
        ({"MASTER_PORT": None}, "cpu", r"MASTER_ADDR set without MASTER_PORT: "),
        ({"MASTER_ADDR": ""}, "cpu", r"MASTER_PORT set without MASTER_ADDR: "),
        ({"WORLD_SIZE": "two"}, "cpu", r"^WORLD_SIZE is a whole number, found 'two': "),
        ({"RANK": "2"}, "cpu", r"^RANK is from 0 to below WORLD_SIZE, found 2 of 2: "),
        ({"WORLD_SIZE": "0"}, "cpu", r"^RANK is from 0 to below WORLD_SIZE, found 1 of 0: "),
        ({"LOCAL_RANK": "-1"}, "cpu", r"^LOCAL_RANK is from 0 to below WORLD_SIZE, found -1 of 2: "),
        ({}, "meta", r"^several processes train on 'cpu' or 'cuda', found 'meta': "),
        ({}, "cuda:0", r"^with several processes LOCAL_RANK chooses the card, 1 here, found 'cuda:0': say 'cuda'$"),
        ({"LOCAL_RANK": "0", "WORLD_SIZE": "3"}, "cuda:2", r"the card, 0 here, found 'cuda:2'"),
        ({}, "cuda", r"^LOCAL_RANK 1 wants a card of its own and this machine shows 0: start at most one process a"),
    ],
)
def test_a_launch_that_makes_no_sense_is_refused_in_one_line(changes, device, message, monkeypatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    for name, value in {**TWO, **changes}.items():
        if value is not None:
            monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError, match=message), join_process_group(device):
        pass
