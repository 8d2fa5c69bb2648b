"""Pictures beside figures are of the walks that were embedded."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from gaitprint.errors import ArtefactError
from gaitprint.pages.match_sheets import check_store
from gaitprint.provenance.seen_warnings import Place
from gaitprint.store import Store, StorePlan, StoreWriter
from gaitprint.types import Embeddings, PartLayout, SequenceRecord

RECORDS = tuple(SequenceRecord(f"{s}/nm-01/090", s, "nm-01", "090") for s in ("001", "002"))


def written(root: Path, seed: int, made_from: str = "") -> Store:
    generator = np.random.default_rng(seed)
    with StoreWriter(root, StorePlan("folder", (8, 8), made_from=made_from)) as writer:
        for record in RECORDS:
            writer.add(record, generator.integers(0, 256, (3, 8, 8), dtype=np.uint8))
    return Store.open(root)


def test_a_store_of_the_same_names_is_not_the_store(tmp_path: Path) -> None:
    store, other = written(tmp_path / "a", 0, "here"), written(tmp_path / "b", 1, "there")
    later = written(tmp_path / "c", 2, "here")
    data = Embeddings(np.eye(2, dtype=np.float32), RECORDS, PartLayout(((1, 2),)), "made up")
    check_store(other, data)  # nobody says what they are of
    data = replace(data, settings=dict(vars(Place.of(store))))
    check_store(store, data)
    check_store(later, data)  # brought up to date since
    with pytest.raises(ArtefactError, match="is not the one that was embedded, though their names agree"):
        check_store(other, data)
