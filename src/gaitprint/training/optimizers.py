"""The optimizer that a recipe names, without memory: as at the start of a run and at every reset."""

import torch
from torch import nn

from gaitprint.training.recipe import TrainingSettings
from gaitprint.training.schedule import learning_rate


def new_optimizer(model: nn.Module, settings: TrainingSettings, iteration: int) -> torch.optim.Optimizer:
    """An optimizer of all parameters, at the rate of the step that follows `iteration` finished ones.

    With g the gradient, w the weight, r the rate, d the weight decay and m the momentum, of every element:

    - adam: g + d w takes the place of g; moments with betas 0.9 and 0.999, corrected for their start, and 1e-8 beside
      the root (Kingma, Ba, "Adam", 2015). The penalty passes the moments, as the method's authors have it.
    - adamw: w shrinks by the factor 1 - r d, then moves by Adam of g alone (Loshchilov, Hutter, "Decoupled Weight Decay
      Regularization", 2019).
    - sgd: the velocity v becomes m v + g + d w, the first time g + d w; w moves by -r v.
    """
    parameters, rate, decay = model.parameters(), learning_rate(settings, iteration), settings.weight_decay
    if settings.optimizer == "adam":
        return torch.optim.Adam(parameters, rate, weight_decay=decay)
    if settings.optimizer == "adamw":
        return torch.optim.AdamW(parameters, rate, weight_decay=decay)
    return torch.optim.SGD(parameters, rate, settings.momentum, weight_decay=decay)
