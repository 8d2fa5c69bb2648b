"""`gaitprint model embed`: a store and one or several model files in, one embeddings file out."""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

from gaitprint.config import build_settings
from gaitprint.devices import check_device
from gaitprint.errors import ArtefactError, ConfigError, did_you_mean
from gaitprint.inference.clip_averaging import WHOLE, ClipAveraging
from gaitprint.inference.embeddings_file import check_embeddings_place, save_embeddings
from gaitprint.inference.engine import FRAMES_AT_ONCE, Embedder
from gaitprint.inference.fusion import fuse
from gaitprint.ingest.quality_mask import quality_mask
from gaitprint.ingest.splits import split_of
from gaitprint.locks import sole_writer
from gaitprint.models.model_file import load_model
from gaitprint.provenance.seen_subjects import seen_subjects
from gaitprint.provenance.seen_warnings import Place
from gaitprint.silhouettes.clips import Preprocessing
from gaitprint.store import SequenceSet, Store, Subset
from gaitprint.types import Embeddings


def open_embedder(path: Path, device: str = "cpu", averaging: ClipAveraging = WHOLE) -> Embedder:
    """Open a model file as something that embeds.

    Args:
        path: of the model file.
        device: `cpu`, `cuda`.
        averaging: which clips of a sequence are embedded.

    Raises:
        ArtefactError: missing, damaged, or no model file of ours.
    """
    check_device(device)
    loaded = load_model(Path(path), device)
    try:
        preprocessing = build_settings(Preprocessing, loaded.card.get("preprocessing"), "preprocessing")
    except ConfigError as error:
        raise ArtefactError(f"{path} does not say how frames become its input ({error}): get the file again") from None
    facts = {key: loaded.card.get(key) for key in ("network", "settings", "preprocessing", "title", "sha256")}
    facts["seen"] = seen_subjects(loaded.card).to_dict()
    return Embedder(loaded.model, preprocessing, str(loaded.card["sha256"]), facts, device, averaging)


def embed(
    store: Path,
    models: Sequence[Path],
    out: Path | None = None,
    *,
    fusion: str = "raw",
    part: str = "test",
    split: str | None = None,
    subjects: Sequence[str] | None = None,
    quality: str = "",
    device: str = "cpu",
    averaging: ClipAveraging = WHOLE,
    frames_at_once: int = FRAMES_AT_ONCE,
    progress: Callable[[int, int, str], None] = lambda done, total, what: None,
    say: Callable[[str], None] = lambda line: None,
) -> Embeddings:
    """One vector a sequence, by one network or by several whose vectors are concatenated.

    Args:
        store: made by `gaitprint data prepare`.
        models: model files made by `gaitprint model train` or `gaitprint model convert`.
        out: the embeddings file to write, none where None.
        fusion: `raw` concatenates as the method does, `unit` scales each network's vector to length 1 first.
        part: `test` or `train` of the split, or `all`.
        split: a split of the store's data set, its usual one where None.
        subjects: embed these only, whatever `part` says.
        quality: embed only sequences that pass, such as `height>=60,holes<0.05`; see `Quality`.
        device: `cpu`, `cuda`.
        averaging: mirror images and windows whose vectors are averaged; all frames at once where not given.
        frames_at_once: bound on the frames of one batch.
        progress: called with (sequences done, sequences in all, which network).
        say: called with a line that should be read.

    Raises:
        GaitprintError: in one line.
    """
    if not models:
        raise ConfigError("give at least one model file: `gaitprint model train` makes one")
    opened = Store.open(store)
    chosen = choose_part(opened, part, split, subjects, quality)
    if part == "test" and subjects is None:
        _say_left_out(opened, chosen, say)
    embedders = [open_embedder(path, device, averaging) for path in models]
    if out is not None:
        check_embeddings_place(Path(out))
    with nullcontext() if out is None else sole_writer(Path(out)):
        each = []
        said = {**vars(Place.of(opened)), "part": "named subjects" if subjects is not None else part}
        if quality:
            said["quality"] = quality
        for path, embedder in zip(models, embedders, strict=True):
            name = f"{embedder.facts['network']} ({Path(path).name})"
            made = embedder.embed(chosen, frames_at_once, lambda d, t, name=name: progress(d, t, name))
            each.append(replace(made, settings={**made.settings, **said}))
        result = each[0] if len(each) == 1 else fuse(each, fusion)
        if out is not None:
            save_embeddings(Path(out), result)
    return result


def _say_left_out(store: Store, chosen: SequenceSet, say: Callable[[str], None]) -> None:
    """Where probes wait for an answer, whoever is not embedded cannot be the answer to any."""
    if all(r.subject is not None for r in store.records):
        return
    left_out = {r.subject for r in store.records} - {r.subject for r in chosen.records} - {None}
    if left_out:
        say(
            f"note: {len(left_out)} of the people are left out of the gallery, since the split trains on them (or "
            "--quality refuses them); where nobody trains, as in later editions of HID, embed with --part all"
        )


def choose_part(
    store: Store, part: str, split: str | None, subjects: Sequence[str] | None, quality: str = ""
) -> SequenceSet:
    """The sequences of one side of a split, of named subjects, or all; good ones only. Sequences without a subject are
    never trained on and belong to the test side. The result may be empty.

    Raises:
        ConfigError: an unknown part or subject.
        DataError: an unknown split.
    """
    if part not in ("test", "train", "all"):
        raise ConfigError(f"the part to embed is 'test', 'train' or 'all', found {part!r}")
    mask = quality_mask(store, quality)
    if subjects is not None:
        wanted = set(subjects)
        present = {r.subject for r in store.records}
        missing = sorted(wanted - {s for s in present if s is not None})
        if missing:
            known = did_you_mean(missing[0], (s for s in present if s is not None))
            raise ConfigError(f"subject {missing[0]!r} is not in the store: {known}")
        return Subset(store, lambda r: r.subject in wanted, mask)
    if part == "all":
        return store if mask is None else Subset(store, lambda r: True, mask)
    sides = split_of(store, split)
    chosen = {*sides.train} if part == "train" else {*sides.test, None}
    return Subset(store, lambda r: r.subject in chosen, mask)
