"""Learning rate as a function of the iteration, and where a new optimizer starts."""

from math import cos, pi

from gaitprint.training.recipe import TrainingSettings


def learning_rate(settings: TrainingSettings, iteration: int) -> float:
    """The rate of the step that follows `iteration` finished ones (method, table 1; journal milestones; cosine)."""
    rate = settings.learning_rate
    for reset in settings.resets:
        if iteration >= reset.at:
            rate = reset.learning_rate
    rate *= settings.decay ** sum(iteration >= m for m in settings.milestones)
    if settings.schedule == "cosine":
        done = max(0, iteration - settings.warm_up) / max(1, settings.iterations - settings.warm_up)
        rate *= 0.5 * (1 + cos(pi * min(1.0, done)))
    if iteration < settings.warm_up:
        # the first step already has a rate above 0, and the full one comes with step `warm_up`
        rate *= (iteration + 1) / settings.warm_up
    return rate


def resets_at(settings: TrainingSettings, iteration: int) -> bool:
    """Whether a new optimizer starts with the step that follows `iteration` finished ones."""
    return any(reset.at == iteration for reset in settings.resets)
