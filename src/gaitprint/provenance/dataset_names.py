"""The data sets that vectors come from, drawn walkers said to be such."""

from collections.abc import Mapping

from gaitprint.layouts.drawn import is_drawn

SYNTHETIC = "synthetic walkers, not people"


def dataset_names(settings: Mapping[str, object]) -> list[str]:
    """The data sets that embeddings say they come from, each once; fused ones hold their parts' settings."""
    networks = settings.get("networks")
    # settings are a caller's plain values: what is not as expected is passed over, a warning must not fail
    parts = [s for s in networks if isinstance(s, Mapping)] if isinstance(networks, list) else []
    dataset = settings.get("dataset")
    inner = [name for part in parts for name in dataset_names(part)]
    return list(dict.fromkeys([*([dataset] if isinstance(dataset, str) else []), *inner]))


def spoken_datasets(settings: Mapping[str, object]) -> str:
    """The data sets for people, drawn walkers by what they are; "" where nobody says."""
    return " + ".join(SYNTHETIC if is_drawn(name) else name for name in dataset_names(settings))
