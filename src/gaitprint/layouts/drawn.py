"""Whether a data set is of drawn walkers, asked of its layout by the name that stores and embeddings note."""

from gaitprint.components import find_component
from gaitprint.errors import GaitprintError


def is_drawn(dataset: object) -> bool:
    """Whether the walkers of a data set are drawn and no people; of one that is not installed here nobody knows."""
    if not isinstance(dataset, str):
        return False
    try:
        component = find_component("dataset", dataset)
        return bool(component.make(dict(component.examples[0].settings)).drawn)
    # whoever reads another's embeddings need not have the package that read the data
    except (GaitprintError, ImportError, AttributeError):
        return False
