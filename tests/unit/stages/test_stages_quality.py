"""Training and embedding only what is good enough."""

from pathlib import Path

import numpy as np
import pytest

from gaitprint.errors import ArtefactError, ConfigError
from gaitprint.inference.embeddings_file import load_embeddings
from gaitprint.ingest.layout_choice import LayoutChoice
from gaitprint.ingest.quality_mask import quality_mask
from gaitprint.ingest.store_selection import StoreSelection
from gaitprint.stages.embed import embed
from gaitprint.stages.prepare import prepare
from gaitprint.stages.train import train
from gaitprint.store import Store, StorePlan, StoreWriter, pack
from gaitprint.training.history import read_history
from gaitprint.training.request import TrainingRequest
from gaitprint.training.resources import TrainingResources
from gaitprint.training.run_logger import TIMED
from gaitprint.training.training_data import training_part
from gaitprint.types import SequenceRecord

pytestmark = pytest.mark.usefixtures("one_thread")


def measured(root: Path, rows: list[tuple[str, int, dict[str, float]]]) -> Store:
    """A store of given subjects, lengths and measurements."""
    with StoreWriter(root, StorePlan("synthetic", (64, 64))) as writer:
        for i, (subject, length, quality) in enumerate(rows):
            frames = np.full((length, 64, 64), 255, np.uint8)
            record = SequenceRecord(f"{i}", subject, "nm-01", "090")
            writer.append(record, pack(frames, "compact"), quality=quality)
    return Store.open(root)


ROWS = [
    ("a", 9, {"holes": 0.01, "height": 90.0}),
    ("a", 30, {"holes": 0.2, "height": 50.0}),
    ("b", 12, {"holes": 0.05, "height": float("nan")}),
    ("c", 40, {"holes": 0.0, "height": 61.0}),
    ("d", 8, {"holes": 0.0, "height": 200.0}),
]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("holes<0.05", "034"),
        ("holes<=0.05", "0234"),
        ("height>=60", "0234"),
        ("frames>=12", "123"),
        ("height>=60, holes<0.05 ,frames>8", "03"),
        ("frames>0", "01234"),
    ],
)
def test_a_filter_keeps_what_stands_every_comparison_or_is_not_known(tmp_path: Path, text: str, kept: str) -> None:
    store = measured(tmp_path / "store", ROWS)
    mask = quality_mask(store, text)
    assert mask is not None
    assert "".join(r.key for r, good in zip(store.records, mask, strict=True) if good) == kept
    assert "".join(r.key for r in StoreSelection(quality=text).choose(store, "all").records) == kept
    ab = [k for k in kept if k in "012"]
    assert [r.key for r in StoreSelection(quality=text).choose(store, "train").records] == ab
    assert [r.key for r in training_part(store, StoreSelection(subjects=["a", "b"], quality=text)).records] == ab
    assert [r.key for r in StoreSelection(quality=text).choose(store, "test").records] == [k for k in kept if k in "34"]


def test_no_filter_is_no_mask(tmp_path: Path) -> None:
    store = measured(tmp_path / "store", ROWS)
    assert quality_mask(store, "") is None
    assert StoreSelection().choose(store, "all") is store
    everybody, filtered = (training_part(store, StoreSelection(quality=text)) for text in ("", "frames>0"))
    assert everybody.fingerprint == filtered.fingerprint


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("hole<0.1", "knows no measurement 'hole'; did you mean 'holes'"),
        ("holes=0.1", "comparisons such as 'height>=60' with commas between, found 'holes=0.1'"),
        ("holes<0.1,", "found ''"),
        (" ", "found ''"),
        ("holes<nan", "found 'holes<nan'"),
        ("frames>1000", r"no sequence of .* passes 'frames>1000': `gaitprint data doctor` shows what is usual there"),
        ("pieces<1", "needs the measurement 'pieces', found holes, height, frames|found height, holes, frames"),
    ],
)
def test_a_filter_that_is_none_is_refused(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        quality_mask(measured(tmp_path / "store", ROWS), text)


def test_a_store_without_measurements_cannot_be_filtered(tmp_path: Path) -> None:
    with pytest.raises(ArtefactError, match="holds no measurements: prepare it again to filter by them"):
        quality_mask(measured(tmp_path / "store", [("a", 9, {})]), "holes<1")


def test_a_filter_that_leaves_nobody_to_train_on_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="nobody to train on"):
        training_part(measured(tmp_path / "store", ROWS), StoreSelection(subjects=["a"], quality="frames>=40"))


@pytest.fixture(scope="module")
def uneven(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Walkers of which every second sequence is cut to eight frames."""
    root = tmp_path_factory.mktemp("uneven")
    settings = {"subjects": 6, "frames": 12, "views": ["036", "090"], "conditions": ["nm-01", "nm-02", "nm-05"]}
    prepare(Path("synthetic"), root / "walkers", LayoutChoice(settings=settings))
    walkers = Store.open(root / "walkers")
    with StoreWriter(root / "store", StorePlan("synthetic", (64, 64))) as writer:
        for i, row in enumerate(walkers.rows):
            frames = np.array(walkers.frames(i, 0, 8 if i % 2 else None))
            writer.append(row.record, pack(frames, "compact"), quality=row.quality)
    return root / "store"


def test_train_and_embed_see_the_good_ones_alone(uneven: Path, recipe_file, tmp_path: Path) -> None:
    recipe = str(recipe_file(iterations=2))
    long = StoreSelection(quality="frames>=12")
    report = train(uneven, tmp_path / "run", TrainingRequest(recipe, selection=long))
    assert (report.subjects, report.sequences) == (3, 9)
    assert train(uneven, tmp_path / "all", TrainingRequest(recipe)).sequences == 18
    with pytest.raises(ArtefactError, match="a run under another recipe, data set"):
        train(uneven, tmp_path / "run", TrainingRequest(recipe))
    assert train(uneven, tmp_path / "run", TrainingRequest(recipe, selection=long)).sequences == 9
    model = [tmp_path / "run" / "model.safetensors"]
    everything, good = embed(uneven, model), embed(uneven, model, tmp_path / "e", selection=long)
    assert (len(everything), len(good)) == (18, 9)
    assert load_embeddings(tmp_path / "e").settings["networks"] == good.settings["networks"]
    assert (good.settings["quality"], "quality" in everything.settings) == ("frames>=12", False)
    rows = [everything.records.index(r) for r in good.records]
    np.testing.assert_allclose(good.vectors, everything.vectors[rows], rtol=1e-5, atol=1e-6)


def test_workers_and_how_they_start_change_no_byte_of_a_model(uneven: Path, recipe_file, tmp_path: Path) -> None:
    recipe = str(recipe_file(iterations=3, augmentations="[{name = 'flip'}]"))
    ways = {"threads": TrainingResources(), "workers": TrainingResources(workers=2, start_method="forkserver")}
    for name, how in ways.items():
        train(uneven, tmp_path / name, TrainingRequest(recipe, seed=5), resources=how)
    for name in ("model.safetensors", "recipe.json"):
        assert (tmp_path / "threads" / name).read_bytes() == (tmp_path / "workers" / name).read_bytes(), name
    histories = [read_history(tmp_path / name / "history.jsonl") for name in ("threads", "workers")]
    one, other = ([{k: v for k, v in row.items() if k not in TIMED} for row in rows] for rows in histories)
    assert one == other
    assert len(one) == 3
