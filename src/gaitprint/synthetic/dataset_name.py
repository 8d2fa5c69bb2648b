"""By which name of a data set one knows that its walkers are drawn, not people."""

DRAWN = "synthetic"


def is_drawn(dataset: str | None) -> bool:
    """Whether walkers of the data set of that name, as stores and embeddings note it, are drawn."""
    return dataset == DRAWN
