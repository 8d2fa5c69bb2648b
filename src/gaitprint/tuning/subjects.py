"""Whether the subjects of embeddings may choose settings: those that a data set keeps for testing may not."""

from collections.abc import Sequence
from pathlib import Path

from gaitprint.errors import ProtocolError
from gaitprint.ingest.scanning import guesses
from gaitprint.ingest.splits import split_of
from gaitprint.layouts.contract import Split
from gaitprint.provenance.dataset_names import dataset_names
from gaitprint.store import Store
from gaitprint.types import Embeddings

SHOWN = 5


def check_may_choose(embeddings: Embeddings, split: str | None, store: Path | None, allowed: bool) -> tuple[str, ...]:
    """What must be said about who chooses; nothing where all are known to train.

    The split is that of the store's layout, or of the published data set that the embeddings name; where neither says
    anything, the part that was embedded counts.

    Args:
        embeddings: of those who are to choose.
        split: the split's name; None: the usual one.
        store: where the embeddings come from; None: not said.
        allowed: test subjects may choose, and it is said aloud.

    Raises:
        ProtocolError: some are test subjects, and that is not allowed.
    """
    subjects = sorted({r.subject for r in embeddings.records if r.subject is not None})
    known = _splits(embeddings, store, split, subjects)
    if known:
        # a test subject of any of several data sets is one
        tested = [s for s in subjects if any(s in sides.test for sides in known)]
        unknown = [s for s in subjects if not any(s in sides.train or s in sides.test for sides in known)]
    else:
        tested = subjects if _parts(embeddings) == {"test"} else []
        unknown = [] if tested or _parts(embeddings) == {"train"} else subjects
    warnings = []
    if tested:
        what = f"{len(tested)} of the {len(subjects)} subjects ({_listed(tested)}) are test subjects"
        if not allowed:
            raise ProtocolError(
                f"{what}: what they choose cannot be measured on them; choose on training subjects (--subjects, or "
                "`embed --part train`), best on some that the network was not trained on, or give "
                "--yes-these-are-test-subjects"
            )
        warnings.append(f"Chosen on test subjects: {what}. Figures on them are no test of these settings.")
    if unknown:
        warnings.append(
            f"It is unknown whether {_listed(unknown)} are kept for testing: test subjects may not choose settings."
        )
    return tuple(warnings)


def _splits(embeddings: Embeddings, store: Path | None, split: str | None, subjects: Sequence[str]) -> list[Split]:
    if store is not None:
        return [split_of(Store.open(store), split, subjects)]
    # of the others settings tell the splits, and embeddings do not hold them
    published = {name: layout for name, layout in guesses().items() if layout.protocols}
    names = dataset_names(embeddings.settings)
    if not names or any(name not in published for name in names):
        return []
    return [published[name].split(split, subjects) for name in names]


def _parts(embeddings: Embeddings) -> set[object]:
    """`part` of `embed`, of every network."""
    networks = embeddings.settings.get("networks")
    if "part" in embeddings.settings or not isinstance(networks, list):
        return {embeddings.settings.get("part")}
    return {n.get("part") for n in networks if isinstance(n, dict)}


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")
