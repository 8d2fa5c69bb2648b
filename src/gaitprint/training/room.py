"""Checks that a run fits into memory, before anything of it is made."""

import torch

from gaitprint.devices import card_memory
from gaitprint.errors import RoomError
from gaitprint.memory import check_room
from gaitprint.training.loop import build_network
from gaitprint.training.recipe import Recipe, TrainingSettings
from gaitprint.training.sampler import clips_of_rank

COPIES = {"adam": 4, "adamw": 4, "sgd": 3}
"""Tensors as large as the weights: they, their gradient, and what the optimizer remembers of each."""
BATCHES = 4
"""Batches that are made ahead, made, or being computed."""
WAY_OUT = (
    "lower training.frames, training.subjects or training.sequences, train with training.micro_batch, or take a "
    "smaller network"
)


def check_start(recipe: Recipe, classes: int, device: str, ranks: int = 1) -> None:
    """Refuse a run whose weights and batches alone will not fit; what is kept for the gradient, `plan` measures.

    The network is made without memory for its weights, which takes milliseconds.

    Raises:
        RoomError: it will not fit.
        ConfigError: a setting is wrong, or the processes cannot share a batch.
    """
    settings, shape = recipe.training, recipe.preprocessing
    clips_here = clips_of_rank(settings, ranks)
    clips = BATCHES * clips_here * settings.frames * shape.height * shape.width * 4
    check_room(clips, f"a batch of {clips_here} clips of {settings.frames} frames", WAY_OUT)
    try:
        # tensors with a shape and no memory
        with torch.device("meta"):
            network = build_network(recipe, classes, 0)
    except NotImplementedError:
        return  # a network that reads its own weights while it is made
    except RuntimeError as error:  # torch has no narrower one for a size beyond its numbers
        if "overflow" not in str(error).lower():
            raise
        raise RoomError(f"no memory holds the weights of this network ({error}): {WAY_OUT}") from None
    size = sum(p.numel() * p.element_size() for p in network.parameters())
    weights_size = weights_bytes(size, settings)
    check_room(
        weights_size, f"a network of {size / 4e6:,.0f} million weights in training", WAY_OUT, card_memory(device)
    )


def weights_bytes(size: int, settings: TrainingSettings) -> int:
    """Bytes of weights (of so many), gradients, the optimizer's memory and a moving average."""
    return size * (COPIES[settings.optimizer] + bool(settings.average))
