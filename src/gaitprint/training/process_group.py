"""The processes that train one network together: a slice of the batch each, one loss, one gradient.

Every process computes the loss of the whole batch from the gathered outputs, and from it the gradient of its own slice.
These are summed, and that is the gradient of one process on the joined batch: nothing is averaged. For one process
there is no process group, and everything here hands back what it was given.
"""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import torch
from jaxtyping import Shaped
from torch import Tensor, distributed, nn

from gaitprint.errors import GaitprintError
from gaitprint.layers.sync_batchnorm import SynchronisedNorm
from gaitprint.training._launch import Launch, check_launch, read_launch

_KINDS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)


@dataclass(frozen=True)
class ProcessGroup:
    """This process among those of the run. All of them must call the same methods in the same order.

    Every method raises GaitprintError when another process is gone.
    """

    rank: int = 0
    """This process's number, from 0. The first writes files."""
    size: int = 1
    """Number of processes."""

    @property
    def alone(self) -> bool:
        """Whether there is no other process."""
        return self.size == 1

    def all_gather(self, x: Shaped[Tensor, " N *rest"]) -> Shaped[Tensor, " M *rest"]:
        """The x of all processes one after another, in the order of ranks; their shapes must be equal.

        Its gradient gives each process the slice of its own x, out of its own gradient: each has computed the same
        loss, so that a sum over processes would count it several times.
        """
        if self.alone:
            return x
        gathered: Tensor = _Gathered.apply(x, self.rank, self.size)  # type: ignore[no-untyped-call]
        return gathered

    def sum_gradients(self, parameters: Iterable[nn.Parameter]) -> None:
        """Replace every gradient by its sum over processes: the gradient of one process on the joined batch.

        One exchange of everything in the parameters' order, so that the sum has the same bits whatever order the
        gradients came in. A gradient that only some processes have counts as zeros in the others; one that none has
        stays missing, for to an optimizer that is not the same as zeros.
        """
        moved = [p for p in parameters if p.requires_grad]
        if self.alone or not moved:
            return
        # every process sends as many numbers, or the exchange would mix parameters up
        pieces = [torch.zeros_like(p) if p.grad is None else p.grad for p in moved]
        # summed along with them: above 0 where any process has a gradient
        had = torch.tensor([float(p.grad is not None) for p in moved], device=moved[0].device, dtype=moved[0].dtype)
        flat = torch.cat([had, *(piece.reshape(-1) for piece in pieces)])
        with _answered():
            distributed.all_reduce(flat)
        sizes = [len(moved), *(p.numel() for p in moved)]
        present, *sums = flat.split(sizes)
        for parameter, total, has_gradient in zip(moved, sums, present.tolist(), strict=True):
            if has_gradient:
                # into memory laid out as the parameter's, as a gradient of one process has it
                grad = torch.empty_like(parameter) if parameter.grad is None else parameter.grad
                parameter.grad = grad.copy_(total.view_as(parameter))

    def any(self, flag: bool) -> bool:
        """Whether any process says so."""
        if self.alone:
            return flag
        # on the CPU even beside GPUs: gloo exchanges it, and no kernel is waited for
        flags = torch.tensor([flag], dtype=torch.int32)
        with _answered():
            distributed.all_reduce(flags, distributed.ReduceOp.MAX)
        return bool(flags)

    def broadcast(self, value: Any) -> Any:
        """The first process's value, in all of them. It travels as JSON: what JSON cannot say it must not hold."""
        if self.alone:
            return value
        text = json.dumps(value).encode() if self.rank == 0 else b""
        # twice, for those who receive have to know how much room to make
        length = torch.tensor([len(text)])
        with _answered():
            distributed.broadcast(length, 0)
        sent = torch.frombuffer(bytearray(text or int(length)), dtype=torch.uint8)
        with _answered():
            distributed.broadcast(sent, 0)
        return json.loads(bytes(sent.numpy()))

    def barrier(self) -> None:
        """Wait until all processes are here."""
        # torch's own barrier wants to know a card
        self.any(False)

    def synchronised(self, network: nn.Module) -> None:
        """Let every BatchNorm of the network go by the joined batch in training, in place.

        Parameters, buffers and their names stay; running statistics become those of the joined batch, the same in all
        processes. For one process the modules stay torch's.
        """
        if self.alone:
            return
        norms: dict[nn.Module, SynchronisedNorm] = {}
        # a norm that a network uses in two places stays one norm
        for path, module in list(network.named_modules(remove_duplicate=False)):
            if isinstance(module, _KINDS):
                if module not in norms:
                    norms[module] = SynchronisedNorm(module, self.all_gather)
                network.set_submodule(path, norms[module])


@contextmanager
def join_process_group(device: str) -> Iterator[ProcessGroup]:
    """The processes that torchrun started, for as long as the context lasts; without torchrun, this one alone.

    On GPUs the card of LOCAL_RANK becomes the current one, which "cuda" then means.

    Raises:
        ConfigError: torchrun's variables are half there or make no sense, or the device does not suit several
            processes.
        GaitprintError: the others do not come, or leave before the end.
    """
    launch = read_launch()
    if launch.size == 1:
        yield ProcessGroup()
        return
    check_launch(launch, device)
    _join(launch, torch.device(device).type)
    try:
        world = ProcessGroup(launch.rank, launch.size)
        yield world
        # who is ready first would otherwise hang up on the others
        world.barrier()
    finally:
        distributed.destroy_process_group()


def _join(launch: Launch, kind: str) -> None:
    # The group is the default of this module's arguments. Imported while there is one, as by the first optimizer, the
    # module would keep it after its end, and its threads would bring down the interpreter as it ends.
    import_module("torch.distributed.nn.functional")
    if kind == "cuda":
        torch.cuda.set_device(launch.local_rank)
    # flags and figures live on the CPU: to exchange them, no GPU need be waited for
    backend = "cpu:gloo,cuda:nccl" if kind == "cuda" else "gloo"
    with _answered():
        store, _, _ = next(distributed.rendezvous("env://"))  # type: ignore[attr-defined]
        # torchrun keeps this store over its restarts, and with it the addresses of processes that are gone; see
        # https://github.com/pytorch/pytorch/issues/135712
        own = distributed.PrefixStore(f"start {launch.restarts}", store)  # type: ignore[attr-defined]
        distributed.init_process_group(backend, store=own, rank=launch.rank, world_size=launch.size)


@contextmanager
def _answered() -> Iterator[None]:
    try:
        yield
    except RuntimeError as error:  # torch has no narrower one for a connection that broke
        reason = str(error).splitlines()[0].removesuffix(".")[:200]
        raise GaitprintError(
            f"another process of this run does not answer ({reason}): start them all again, training goes on from its "
            "newest checkpoint"
        ) from None


class _Gathered(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, rank: int, size: int) -> Tensor:
        ctx.slice = slice(rank * len(x), (rank + 1) * len(x))
        parts = [torch.empty_like(x, memory_format=torch.contiguous_format) for _ in range(size)]
        with _answered():
            distributed.all_gather(parts, x.contiguous())
        return torch.cat(parts)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, None]:
        return grads[0][ctx.slice], None, None
