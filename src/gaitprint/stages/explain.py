"""`gaitprint eval explain`: which strips of the body and which moments make two walks alike or not."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gaitprint.atomic_files import check_writable
from gaitprint.devices import DEVICE
from gaitprint.errors import ArtefactError, ConfigError, DataError, did_you_mean
from gaitprint.evaluation.protocol.protocol import load_protocol, with_lists
from gaitprint.explanation.likelihood_ratios import LikelihoodRatio, likelihood_ratios
from gaitprint.explanation.nearest_matches import NearestMatches, find_nearest_matches, row_of
from gaitprint.explanation.pair_explanation import PairExplanation, Strips, Walk, explain_pair, seen_by, strips_of
from gaitprint.explanation.request import ExplainRequest
from gaitprint.inference.backend_choice import TORCH
from gaitprint.inference.engine import Embedder
from gaitprint.inference.fusion import fuse
from gaitprint.inference.selection import open_embeddings
from gaitprint.layouts.drawn import is_drawn
from gaitprint.pages import explain as pages
from gaitprint.pages.explain_panels import panels_of
from gaitprint.provenance.seen_warnings import Place, familiar_walks, seen_warnings
from gaitprint.report.body_figures import write_bodies
from gaitprint.report.html import check_report_place, write_report
from gaitprint.silhouettes.appearance import check_looks
from gaitprint.stages.embed import open_embedder
from gaitprint.store import MemorySequences, SequenceSet, Store
from gaitprint.types import Embeddings, Silhouettes


@dataclass(frozen=True, eq=False)
class ExplainReport:
    """A probe and the walks it was compared with, nearest first."""

    strips: Strips
    against: tuple[PairExplanation, ...]
    usual: tuple[LikelihoodRatio | None, ...]
    """Beside each comparison: how usual it is, where that can be said."""
    rivals: NearestMatches | None
    """How the walks were found; None where they were named."""
    findings: tuple[str, ...]
    warnings: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return pages.plain(self.strips, self.against, self.usual, self.rivals) | {
            "findings": list(self.findings),
            "warnings": list(self.warnings),
        }


def explain(
    store: Path | SequenceSet,
    models: Sequence[Path],
    request: ExplainRequest,
    *,
    out: Path | None = None,
    figure: Path | None = None,
    device: str = DEVICE,
) -> ExplainReport:
    """Take the distance of a probe to another walk, or to the nearest right and the nearest wrong one, apart.

    Args:
        store: made by `gaitprint data prepare`, or sequences in memory.
        models: the networks, in the order in which the embeddings were made.
        request: the probe, what it is compared with, and by which distance.
        out: the HTML page to write, none where None.
        figure: a PNG picture to write, none where None.
        device: `cpu`, `cuda`.

    Raises:
        GaitprintError: in one line.
    """
    if not models:
        raise ConfigError("give at least one model file: `gaitprint model train` makes one")
    probe, summed, fusion = request.probe, request.additive_scorer, request.fusion
    sequences = Store.open(store) if isinstance(store, Path) else store
    place = {record.key: i for i, record in enumerate(sequences.records)}
    for key in (probe, *request.against):
        if key not in place:
            raise DataError(f"the store has no sequence {key!r}: {did_you_mean(key, place)}")
    known = None if request.embeddings is None else open_embeddings(request.embeddings)
    rules = None if request.against else with_lists(load_protocol(request.protocol), request.lists)
    if out is not None:
        check_report_place(out)
    if figure is not None:
        _check_figure(figure)
    rivals, wanted = None, [("other", key) for key in request.against]
    if known is not None and rules is not None:
        rivals = find_nearest_matches(known, rules, row_of(known, probe), summed.scorer)
        wanted = [(r.role, known.records[r.row].key) for r in rivals.rivals]
    embedders = [open_embedder(Path(m), device, backend=TORCH) for m in models]
    strips = strips_of(embedders)
    seen = _walks(sequences, dict.fromkeys((probe, *(key for _, key in wanted))), embedders, fusion)
    if known is not None:
        _check_known(known, embedders, sequences, place[probe], fusion)
    found = tuple(explain_pair(strips, role, seen[probe], seen[key], summed) for role, key in wanted)
    generator = np.random.Generator(np.random.PCG64(request.seed))
    beside = tuple(
        None
        if known is None
        else likelihood_ratios(known, strips, summed.part_sum, c.probe, c.other, c.strips, generator)
        for c in found
    )
    synthetic = isinstance(sequences, Store) and is_drawn(sequences.dataset)
    result = ExplainReport(
        strips,
        found,
        beside,
        rivals,
        tuple(pages.findings(strips, found, beside, rivals)),
        (*pages.warnings(strips, beside, known is not None, synthetic), *_familiar(embedders, sequences, found, known)),
    )
    _show(result, out, figure, [e.facts for e in embedders])
    return result


def _show(result: ExplainReport, out: Path | None, figure: Path | None, facts: list[dict[str, Any]]) -> None:
    """Write the page and the picture that were asked for."""
    shown = (result.strips, result.against, result.usual)
    panels = panels_of(*shown)
    if figure is not None:
        write_bodies(figure, panels)
    if out is not None:
        write_report(out, pages.page(*shown, result.rivals, result.findings, result.warnings, panels, facts))


def _walks(sequences: SequenceSet, keys: Iterable[str], embedders: Sequence[Embedder], fusion: str) -> dict[str, Walk]:
    """Who walks, the frames, and what the networks see in them, by key."""
    place = {record.key: i for i, record in enumerate(sequences.records)}
    found: dict[str, Walk] = {}
    for key in keys:
        if key not in place:
            raise ArtefactError(
                f"the store has no sequence {key!r}, the embeddings have: give the store that was embedded"
            )
        frames = sequences.frames(place[key])
        found[key] = (sequences.records[place[key]], frames, seen_by(embedders, frames, fusion))
    return found


def explain_walks(
    probe: Silhouettes,
    others: Sequence[Silhouettes],
    models: Sequence[Path],
    out: Path | None = None,
    figure: Path | None = None,
    device: str = DEVICE,
    **settings: Any,
) -> ExplainReport:
    """The same for walks in memory; the settings are fields of `ExplainRequest`."""
    walks = (probe, *others)
    for walk in walks:
        check_looks(walk)
    named = tuple(w.record for w in walks)
    if len({r.key for r in named}) < len(named):
        raise ConfigError(f"walks to compare have keys of their own, found {[r.key for r in named]}")
    sequences = MemorySequences(named, tuple(w.frames for w in walks))
    request = ExplainRequest(probe.record.key, [o.record.key for o in others], **settings)
    return explain(sequences, models, request, out=out, figure=figure, device=device)


def _familiar(
    embedders: Sequence[Embedder], sequences: SequenceSet, found: Sequence[PairExplanation], known: Embeddings | None
) -> tuple[str, ...]:
    """Whom of the walks, and of those that it was learnt from, the networks have seen."""
    place = Place.of(sequences) if isinstance(sequences, Store) else Place()
    walks = familiar_walks([e.facts for e in embedders], place, [r for one in found for r in (one.probe, one.other)])
    return tuple(dict.fromkeys((*walks, *([] if known is None else seen_warnings([known])))))


def _check_figure(path: Path) -> None:
    if Path(path).suffix.lower() != ".png":
        raise ConfigError(f"the figure is a PNG picture: its name ends in .png, found {str(path)!r}")
    check_writable(path)


def _check_known(
    known: Embeddings, embedders: Sequence[Embedder], sequences: SequenceSet, probe: int, fusion: str
) -> None:
    """Raise ArtefactError unless the embeddings are of these networks and these frames."""
    one = MemorySequences((sequences.records[probe],), (sequences.frames(probe),))
    made = [e.embed(one) for e in embedders]
    fused = made[0] if len(made) == 1 else fuse(made, fusion)
    if fused.source != known.source:
        raise ArtefactError(
            f"the embeddings were made by {known.source[:12]!r}, these models are {fused.source[:12]!r}: give the same "
            "models in the same order, with the same --fusion"
        )
    key = one.records[0].key
    rows = [row for row, record in enumerate(known.records) if record.key == key]
    if rows and not np.allclose(
        known.vectors[rows[0]], fused.vectors[0], rtol=1e-2, atol=1e-2 * np.abs(fused.vectors).max()
    ):
        raise ArtefactError(f"{key!r} has other frames in the store than when it was embedded: run `model embed` again")
