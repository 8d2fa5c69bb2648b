"""A network and its optimizer as named tensors, and back."""

import torch
from torch import Tensor, nn

from gaitprint.errors import ArtefactError
from gaitprint.training.checkpoint import Checkpoint


def model_tensors(model: nn.Module) -> dict[str, Tensor]:
    """Weights and buffers as `model.<name>`: the network's own memory, not copies."""
    return {f"model.{key}": value.detach() for key, value in model.state_dict().items()}


def optimizer_tensors(model: nn.Module, optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """The optimizer's state as `optimizer.<parameter>.<entry>`; what it has not yet made, as SGD's first momentum, is
    left out.

    Raises:
        ArtefactError: the optimizer moves what is no parameter of the model.
    """
    names = {id(p): name for name, p in model.named_parameters()}
    tensors = {}
    for parameter, entries in optimizer.state.items():
        if id(parameter) not in names:
            raise ArtefactError("the optimizer moves a tensor that is no parameter of the network: a defect of ours")
        for key, value in entries.items():
            if value is not None:
                tensors[f"optimizer.{names[id(parameter)]}.{key}"] = torch.as_tensor(value).detach()
    return tensors


def restore(checkpoint: Checkpoint, model: nn.Module, optimizer: torch.optim.Optimizer) -> None:
    """Put `model.*` and `optimizer.*` back into a model and an optimizer made by the same recipe.

    Moments take their parameter's memory format, as they have it in a run that was never stopped.

    Raises:
        ArtefactError: the network has other tensors, as one of another version of the package may have.
    """
    parameters = dict(model.named_parameters())
    names = {id(p): name for name, p in parameters.items()}
    groups = optimizer.state_dict()["param_groups"]
    # torch keys an optimizer's state by place, which another order of parameters would silently shift: we key by name
    numbers = {
        names[id(p)]: number
        for group, numbered in zip(optimizer.param_groups, groups, strict=True)
        for p, number in zip(group["params"], numbered["params"], strict=True)
    }
    weights: dict[str, Tensor] = {}
    state: dict[int, dict[str, Tensor]] = {}
    try:
        for key, value in checkpoint.tensors.items():
            kind, _, rest = key.partition(".")
            if kind == "model":
                weights[rest] = value
            elif kind == "optimizer":
                name, _, entry = rest.rpartition(".")
                state.setdefault(numbers[name], {})[entry] = _laid_out(entry, value, parameters[name])
        model.load_state_dict(weights)
    except (KeyError, RuntimeError) as error:
        reason = str(error).splitlines()[-1].strip()
        number = checkpoint.state.iteration
        raise ArtefactError(f"checkpoint {number} is not of this network ({reason}): train in a new folder") from None
    optimizer.load_state_dict({"state": state, "param_groups": groups})


def _laid_out(entry: str, value: Tensor, like: Tensor) -> Tensor:
    if entry == "step" or value.shape != like.shape:  # counts stay where they are: Adam wants its own on the CPU
        return value
    return torch.empty_like(like).copy_(value)
