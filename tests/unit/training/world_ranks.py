"""What each process of a group does for test_training_process_group.py, and how such a group is started."""

import json
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from warm_processes import WARM

from gaitprint.components import find_component
from gaitprint.errors import GaitprintError
from gaitprint.tensors import PartOutputs
from gaitprint.training.objective import Objective
from gaitprint.training.process_group import ProcessGroup, join_process_group
from gaitprint.training.recipe import LossChoice

SUBJECTS, SEQUENCES = 6, 2
COMMON = {"height": 16, "trunk_norm": "batch"}
GAITGL = {**COMMON, "form": "casia-b", "channels": [4, 6, 8], "strips": 2}
GAITMASK = {**COMMON, "channels": [4, 6, 8]}
CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "gaitgl shared-bn": ("gaitgl", {**GAITGL, "head": "shared-bn"}),
    "gaitgl separate-bnneck": ("gaitgl", {**GAITGL, "head": "separate-bnneck"}),
    "gaitmask activated": ("gaitmask", {**GAITMASK, "head": "shared-bn"}),
    "gaitmask gated": ("gaitmask", {**GAITMASK, "head": "separate-bnneck", "mask_mode": "gated"}),
    "gaitmask separate": ("gaitmask", {**GAITMASK, "head": "shared-bn", "mask_mode": "separate"}),
}
DTYPES = {"float32": torch.float32, "float64": torch.float64}


def trained(world: ProcessGroup, case: str, dtype: torch.dtype) -> dict[str, Tensor]:
    """Loss and gradients of the first step on this process's slice, everything after three steps of Adam.

    For `ProcessGroup()` it is the plain way: torch's modules, the joined batch, nothing gathered.
    """
    name, settings = CASES[case]
    # not 1: of 12 seeds that one puts an activation on its kink, where one process in float32 is off by 3e-3 itself
    weights = torch.Generator().manual_seed(2)
    network: nn.Module = find_component("network", name).make(settings, classes=SUBJECTS, generator=weights)
    network.to(dtype).train()
    world.synchronised(network)
    objective = Objective((LossChoice("part-triplet"), LossChoice("part-softmax")))
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    labels = torch.arange(SUBJECTS).repeat_interleave(SEQUENCES)
    rows = len(labels) // world.size
    mine = slice(world.rank * rows, (world.rank + 1) * rows)
    masks, found = torch.Generator(), {}
    for step in range(3):
        clips = torch.rand(len(labels), 1, 6, 16, 8, generator=torch.Generator().manual_seed(step)).to(dtype)
        # people differ, so that not all triplets are active, and slices differ in mean and spread
        clips = clips * torch.linspace(0.2, 1.0, SUBJECTS)[labels].to(dtype).view(-1, 1, 1, 1, 1)
        outputs = network(clips[mine], masks.manual_seed(step))
        outputs = PartOutputs(*(world.all_gather(tensor) for tensor in outputs))
        optimizer.zero_grad()
        loss, _ = objective(outputs, world.all_gather(labels[mine]))
        loss.backward()
        world.sum_gradients(network.parameters())
        if step == 0:
            found = {"loss": loss.detach(), "kinds": kinds(network)}
            found |= {f"grad.{key}": value.grad.clone() for key, value in network.named_parameters()}
        optimizer.step()
    found |= {f"state.{key}": value for key, value in network.state_dict().items()}
    with torch.no_grad():
        found["embedding"] = network.eval()(clips).embedding
    return {key: value.contiguous().clone() for key, value in found.items()}


def kinds(network: nn.Module) -> Tensor:
    """How many of the network's modules are torch's norms, and how many are synchronised."""
    names = [type(module).__name__ for module in network.modules()]
    return torch.tensor([sum(n.startswith("BatchNorm") for n in names), names.count("SynchronisedNorm")])


def started(size: int, folder: Path, work: Callable[[ProcessGroup, Path], None]) -> list[int | None]:
    """Run `work` in that many processes under torchrun's variables; their exit codes."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    processes = [WARM.Process(target=_enter, args=(rank, size, port, folder, work)) for rank in range(size)]
    for process in processes:
        process.start()
    try:
        for process in processes:
            process.join(timeout=600)
        return [process.exitcode for process in processes]
    finally:
        for process in processes:
            process.kill()
            process.join()


def _enter(rank: int, size: int, port: int, folder: Path, work: Callable[[ProcessGroup, Path], None]) -> None:
    torch.set_num_threads(1)
    os.environ.update(RANK=str(rank), WORLD_SIZE=str(size), LOCAL_RANK=str(rank))
    os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port))
    with join_process_group("cpu") as world:
        work(world, folder)


def everything(world: ProcessGroup, folder: Path) -> None:
    """All that the tests look at, in one group."""
    assert (world.rank, world.size, world.alone) == (int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"]), False)
    for dtype in DTYPES:
        for case in CASES:
            save_file(trained(world, case, DTYPES[dtype]), folder / f"{case} {dtype} {world.rank}.safetensors")
    tensors = {**_gathered(world), **_summed(world)}
    save_file(tensors, folder / f"tensors {world.rank}.safetensors")
    facts = {
        "any": [world.any(False), world.any(True), world.any(world.rank == world.size - 1), world.any(world.rank == 0)],
        "same": [
            world.broadcast({"rank": world.rank, "text": "ü" * 1000}),
            world.broadcast([world.rank]),
            world.broadcast(None),
        ],
    }
    world.barrier()
    (folder / f"facts {world.rank}.json").write_text(json.dumps(facts))


def _gathered(world: ProcessGroup) -> dict[str, Tensor]:
    rank = world.rank
    numbers = torch.arange(6).reshape(2, 3) + 100 * rank
    x = numbers.double().requires_grad_()
    y = world.all_gather(x)
    # another gradient in every process: each must get its own slice of its own
    (y * torch.arange(y.numel()).view_as(y) * (rank + 1)).sum().backward()
    return {
        "whole": world.all_gather(numbers),
        "flags": world.all_gather(numbers % 2 == 0),
        "half": world.all_gather(numbers.to(torch.bfloat16)),
        "turned": world.all_gather(numbers.T),
        "gradient": x.grad,
    }


def _summed(world: ProcessGroup) -> dict[str, Tensor]:
    shapes = [(3,), (2, 3, 1, 2, 2), (4,), (5,), (70_001,)]
    parameters = [nn.Parameter(torch.zeros(shape)) for shape in shapes]
    first, wide, some, none, long = parameters
    wide.data = wide.data.contiguous(memory_format=torch.channels_last_3d)
    frozen = nn.Parameter(torch.zeros(2), requires_grad=False)
    sums = []
    for _ in range(3):
        generator = torch.Generator().manual_seed(world.rank)
        for parameter in (first, wide, long):
            parameter.grad = torch.empty_like(parameter).copy_(torch.randn(parameter.shape, generator=generator))
        some.grad = torch.full((4,), 7.0) if world.rank == 1 else None
        world.sum_gradients(iter([*parameters, frozen]))
        sums.append(long.grad.clone())
    assert none.grad is None
    assert frozen.grad is None
    assert wide.grad.is_contiguous(memory_format=torch.channels_last_3d)
    world.sum_gradients([frozen])
    again = torch.tensor([torch.equal(s, sums[0]) for s in sums])
    # as they lie in the file: contiguous
    grads = {"first": first.grad, "wide": wide.grad.contiguous(), "some": some.grad, "long": long.grad}
    return {**grads, "again": again}


def deserted(world: ProcessGroup, folder: Path) -> None:
    """The last process leaves without a word; what the others say goes to files."""
    if world.rank == world.size - 1:
        os._exit(0)
    try:
        world.sum_gradients([nn.Parameter(torch.zeros(3))])
    except GaitprintError as error:
        (folder / f"said {world.rank}").write_text(str(error))
        raise SystemExit(3) from None
