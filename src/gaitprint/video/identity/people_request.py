"""Whom somebody wants to be named, and how near one has to be for it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gaitprint.arguments import settle_fields
from gaitprint.config import require
from gaitprint.errors import ArtefactError
from gaitprint.evaluation.verification.calibration import Calibration
from gaitprint.evaluation.verification.calibration_file import load_calibration, read_calibration
from gaitprint.inference.selection import open_embeddings
from gaitprint.provenance.calibration_subjects import calibration_warnings
from gaitprint.retrieval.pipeline import Pipeline
from gaitprint.retrieval.sides import check_sides
from gaitprint.retrieval.spec import PipelineSpec
from gaitprint.types import Embeddings
from gaitprint.video.identity.acceptance import (
    FPIR,
    Acceptance,
    accept_by_gallery,
    accept_by_strangers,
    accept_within,
)
from gaitprint.video.identity.evidence import EvidenceSettings
from gaitprint.video.identity.identifier import Identifier
from gaitprint.video.identity.known_people import KnownPeople
from gaitprint.video.walks import join_walks


@dataclass(frozen=True, eq=False)
class OpenPeople:
    """The known people, ready to be looked up, and when somebody is one of them."""

    known: KnownPeople
    acceptance: Acceptance
    calibration: Calibration | None
    evidence: EvidenceSettings
    warnings: tuple[str, ...]
    """What must be said beside every answer."""

    def identifier(self) -> Identifier:
        """One for a video."""
        return Identifier(self.known, self.acceptance, self.calibration, self.evidence)


@dataclass(frozen=True)
class PeopleRequest:
    """Who is known, and when a track is one of them."""

    gallery: Path | Embeddings
    """Walks of the known, with their names: made by `gaitprint model embed`, or by `Gallery.save`."""
    pipeline: PipelineSpec = field(default_factory=PipelineSpec)
    """How walks are compared."""
    threshold: float | None = None
    """Name whoever is at most so far away; None: as far as the false-alarm rate allows."""
    fpir: float | None = None
    """Share of strangers who may be named; None: 5 %, where no threshold is given."""
    strangers: Path | Embeddings | None = None
    """Walks of people who are not known, by which the rate is measured; None: each of the known is a stranger to the
    others."""
    calibration: Path | None = None
    """Of `gaitprint eval verify --calibration`: makes probabilities of distances."""
    evidence: EvidenceSettings = field(default_factory=EvidenceSettings)
    """How windows of a track add up."""

    def __post_init__(self) -> None:
        settle_fields(self)
        both = self.threshold is not None and (self.fpir is not None or self.strangers is not None)
        require(not both, "a threshold is given, so no false-alarm rate and no strangers decide: leave one of them out")

    def open(self, source: str) -> OpenPeople:
        """Read what is asked for and go through the known people once.

        Args:
            source: fingerprint of the network that will embed the videos.

        Raises:
            ArtefactError: another network made the walks, or a file is missing or damaged. ConfigError: the pipeline
                looks at all probes at once. DataError, ProtocolError: there is nobody to be known, or no stranger.
        """
        walks = open_embeddings(self.gallery)
        if walks.source != source:
            name = self.gallery if isinstance(self.gallery, Path) else "the gallery"
            raise ArtefactError(
                f"{name} was made by {walks.source[:12]!r}, the model of the videos makes {source[:12]!r}: embed the "
                "known walks with the same model"
            )
        pipeline = Pipeline.from_spec(self.pipeline)
        known = KnownPeople.of(walks, pipeline)
        calibration, warnings = None, list[str]()
        if self.calibration is not None:
            calibration = load_calibration(self.calibration, source=source, pipeline=pipeline.settings)
            warnings += calibration_warnings(read_calibration(self.calibration).facts, walks)
        acceptance = self._acceptance(known)
        warnings += [acceptance.reason] if acceptance.reason else []
        return OpenPeople(known, acceptance, calibration, self.evidence, tuple(warnings))

    def _acceptance(self, known: KnownPeople) -> Acceptance:
        if self.threshold is not None:
            return accept_within(self.threshold)
        rate = FPIR if self.fpir is None else self.fpir
        if self.strangers is not None:
            return accept_by_strangers(known, open_embeddings(self.strangers), rate)
        return accept_by_gallery(known, rate)


def known_walks(files: Sequence[Path | Embeddings]) -> Path | Embeddings:
    """The walks of one or several files as one gallery.

    Raises:
        ArtefactError: one is missing or damaged, or other networks made it than the first.
    """
    if len(files) == 1:
        return files[0]
    opened = [open_embeddings(file) for file in files]
    for walks in opened[1:]:
        check_sides(walks, opened[0], "further known walks")
    return join_walks(opened)
