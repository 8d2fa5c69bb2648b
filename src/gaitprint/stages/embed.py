"""`gaitprint model embed`: a store and one or several model files in, one embeddings file out."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path

from gaitprint.devices import DEVICE, EMBEDDING, check_device
from gaitprint.errors import ConfigError
from gaitprint.inference.backend_choice import AUTO, TORCH, rank_backends
from gaitprint.inference.broken_engines import made_or_said
from gaitprint.inference.bulk.job import EmbedJob
from gaitprint.inference.bulk.journal import EmbedJournal, InMemory, UnitVectors, begun_with, journal_of
from gaitprint.inference.bulk.tasks import ModelOpening
from gaitprint.inference.clip_averaging import WHOLE, ClipAveraging
from gaitprint.inference.embed_settings import EmbedSettings
from gaitprint.inference.embeddings_file import check_embeddings_place, save_embeddings
from gaitprint.inference.engine import Embedder
from gaitprint.inference.fusion import fuse
from gaitprint.inference.numerics import FLOAT32
from gaitprint.inference.running import choice_for
from gaitprint.ingest.store_selection import PARTS, StoreSelection
from gaitprint.locks import sole_writer
from gaitprint.models.model_file import load_model
from gaitprint.provenance.seen_warnings import Place
from gaitprint.store import SequenceSet, Store
from gaitprint.types import Embeddings


def open_embedder(
    path: Path,
    device: str = DEVICE,
    averaging: ClipAveraging = WHOLE,
    backend: str = AUTO,
    frames: int = 0,
    precision: str = FLOAT32,
) -> Embedder:
    """Open a model file as something that embeds.

    Args:
        path: of the model file.
        device: `cpu`, `cuda`, `mps`.
        averaging: which clips of a sequence are embedded.
        backend: what computes, see `EmbedSettings`.
        frames: that are to be embedded, as far as one knows: many are worth measuring which back end is fastest.
        precision: what torch computes in, see `EmbedSettings`; any but float32 leaves it alone to choose from.

    Raises:
        ArtefactError: missing, damaged, or no model file of ours.
    """
    check_device(device, EMBEDDING)
    loaded = load_model(Path(path), device)
    card, network = loaded.card, loaded.model

    def opened(name: str) -> Embedder:
        made = Embedder(network, card.preprocessing, card.sha256, card.facts, device, averaging, name, precision)
        return made.subtracting(loaded.offsets)

    if backend != AUTO or precision != FLOAT32:
        return opened(TORCH if backend == AUTO else backend)
    frame = card.preprocessing.height, card.preprocessing.width
    for name in rank_backends(choice_for(network, frame, device), frames):
        if name == TORCH:
            break
        made = made_or_said(name, partial(opened, name))  # it may have broken since it was measured
        if made is not None:
            return made
    return opened(TORCH)


def embed(
    store: Path,
    models: Sequence[Path],
    out: Path | None = None,
    *,
    part: str = PARTS[0],
    selection: StoreSelection = StoreSelection(),
    settings: EmbedSettings = EmbedSettings(),
    progress: Callable[[int, int, str], None] = lambda done, total, what: None,
    say: Callable[[str], None] = lambda line: None,
) -> Embeddings:
    """One vector a sequence, by one network or by several whose vectors are concatenated.

    The bytes depend on neither workers nor interruptions: what is computed together is planned from lengths and
    settings alone. With `out`, finished work is kept in a journal beside it (`OUT.partial`) until the whole is written:
    interrupted at any moment, the same call goes on there.

    Args:
        store: made by `gaitprint data prepare`.
        models: model files made by `gaitprint model train` or `gaitprint model convert`.
        out: the embeddings file to write, none where None.
        part: `test` or `train` of the split, or `all`.
        selection: the split, or who is embedded whatever `part` says, and which sequences are good enough.
        settings: how several vectors are put together, from which clips, and who computes them where.
        progress: called with (sequences done, sequences in all, which network).
        say: called with a line that should be read.

    Raises:
        GaitprintError: in one line.
    """
    if not models:
        raise ConfigError("give at least one model file: `gaitprint model train` makes one")
    opened = Store.open(store)
    chosen = selection.choose(opened, part)
    if part == "test" and selection.subjects is None:
        _say_left_out(opened, chosen, say)
    if out is not None:
        check_embeddings_place(Path(out))
    with nullcontext() if out is None else sole_writer(Path(out)):
        settings = _as_begun(out, settings)
        job = EmbedJob(_openings(out, models, settings), chosen, settings)
        said = {**vars(Place.of(opened)), "part": "named subjects" if selection.subjects is not None else part}
        if selection.quality:
            said["quality"] = selection.quality
        names = [f"{e.facts['network']} ({Path(path).name})" for path, e in zip(models, job.embedders, strict=True)]
        with _kept(out, job, say) as vectors:
            each = job.run(vectors, lambda network, done, total: progress(done, total, names[network]))
            each = [replace(made, settings={**made.settings, **said}) for made in each]
            result = each[0] if len(each) == 1 else fuse(each, settings.fusion)
            if out is not None:
                save_embeddings(Path(out), result)
    return result


def _as_begun(out: Path | None, settings: EmbedSettings) -> EmbedSettings:
    """With the budget that an interrupted run was begun with, where nobody says one: memory may have been built in."""
    if out is None or settings.memory is not None or settings.mode == "latency":
        return settings
    begun = begun_with(journal_of(out), "memory")
    return replace(settings, memory=begun) if isinstance(begun, int) and begun > 0 else settings


def _openings(out: Path | None, models: Sequence[Path], settings: EmbedSettings) -> list[ModelOpening]:
    backends = [settings.backend] * len(models)
    begun = None if out is None or settings.backend != AUTO else begun_with(journal_of(out), "backends")
    if isinstance(begun, list) and len(begun) == len(models):
        backends = begun  # what is the fastest may have been measured anew since
    opened = zip(models, backends, strict=True)
    return [
        ModelOpening(Path(path), settings.averaging, backend, open_embedder, settings.precision)
        for path, backend in opened
    ]


@contextmanager
def _kept(out: Path | None, job: EmbedJob, say: Callable[[str], None]) -> Iterator[UnitVectors]:
    """Where finished work is kept: beside the output, until that is written."""
    if out is None:
        yield InMemory()
        return
    journal = EmbedJournal(journal_of(out), job.facts, job.shapes)
    try:
        if len(journal):
            say(f"going on where it was: {len(journal)} of {len(job.shapes)} batches are in {journal.path}")
        yield journal
        journal.remove()
    finally:
        journal.close()


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
