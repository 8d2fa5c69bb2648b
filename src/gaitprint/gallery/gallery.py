"""The gallery as one opens and uses it; each verb is a function of this room."""

import json
from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path
from secrets import token_hex
from types import TracebackType

import numpy as np

from gaitprint.arguments import shown
from gaitprint.config import require
from gaitprint.errors import ConfigError
from gaitprint.gallery import enrolment, identification, probe_log
from gaitprint.gallery.calibrating import calibrate
from gaitprint.gallery.calibration import PER_1000, GalleryCalibration, read_calibration
from gaitprint.gallery.contract import Engine
from gaitprint.gallery.engines import create_engine, open_engine
from gaitprint.gallery.exchange import import_folder
from gaitprint.gallery.given import Walks, given_path, given_walks, given_words
from gaitprint.gallery.granted import GrantedGallery
from gaitprint.gallery.journal import GENERATION, STRUCTURE, read_fact
from gaitprint.gallery.keeping import Keeping
from gaitprint.gallery.kept_walks import KEEP, GivenFrames, given_frames
from gaitprint.gallery.look_alikes import look_alikes
from gaitprint.gallery.opened import OpenGallery
from gaitprint.gallery.people import Who
from gaitprint.gallery.probe_log import RETENTION
from gaitprint.gallery.records import (
    EnrolReport,
    Identification,
    Reject,
    Verification,
    WalkDetails,
)
from gaitprint.gallery.times import now
from gaitprint.retrieval.pipeline import Pipeline
from gaitprint.retrieval.spec import PipelineSpec


class Gallery(Keeping):
    """People who are enrolled, kept in one file; every change is on the disk when its call returns.

    Several processes may use one file. An answer is a person or unknown, and unknown until `calibrate` was called.

    Args:
        engine: keeps the rows; `open` and `create` make the embedded one.
    """

    def __init__(self, engine: Engine) -> None:
        super().__init__(OpenGallery(engine))

    @classmethod
    def create(
        cls,
        path: str | Path,
        *,
        pipeline: str = "",
        retention_days: float = 0,
        keep_walks: bool = False,
        keys: str | Path | None = None,
    ) -> "Gallery":
        """Make an empty gallery. The first walks that are enrolled say which model it is of.

        Args:
            path: of the file, where nothing may be; or `postgresql://user@host/database?schema=staff`.
            pipeline: how walks are compared, as `--pipeline` takes it: steps that look at two walks alone. Euclid where
                none is given.
            retention_days: how long probes are kept that were asked about; 0: not at all.
            keep_walks: keep silhouettes beside vectors, to be shown, and to go over to another model by.
            keys: a new file of keys, which seals names, vectors and walks; to erase somebody is to destroy their keys.

        Raises:
            ArtefactError: something is there. ConfigError: an unsuitable pipeline. DataError: it cannot be written.
        """
        place = given_path(path, "a gallery")
        given = isinstance(retention_days, int | float) and not isinstance(retention_days, bool)
        require(
            given and 0 <= retention_days < 1e6, f"retention_days is a number of days, found {shown(retention_days)}"
        )
        require(isinstance(keep_walks, bool), f"keep_walks is True or False, found {shown(keep_walks)}")
        require(isinstance(pipeline, str), f"a pipeline is text such as 'unit-length', found {shown(pipeline)}")
        spec = PipelineSpec.parse(pipeline)
        made = Pipeline.from_spec(spec)
        require(made.pairwise, f"{made.label} looks at more than two walks: a gallery takes steps such as unit-length")
        facts = {
            "id": token_hex(16),
            "created": now(),
            GENERATION: "0",
            STRUCTURE: "0",
            RETENTION: f"{retention_days:g}",
            KEEP: "1" if keep_walks else "",
        }
        lock = None if keys is None else given_path(keys, "a file of keys")
        return cls(create_engine(place, {**facts, "pipeline": json.dumps(spec.to_table())}, lock))

    @classmethod
    def open(cls, path: str | Path) -> "Gallery":
        """Open a gallery, its file or its address such as `postgresql://user@host/database?schema=staff`.

        Raises:
            ArtefactError: missing, damaged, or no gallery. DataError: it cannot be read.
        """
        return cls(open_engine(given_path(path, "a gallery")))

    @classmethod
    def import_from(cls, path: str | Path, folder: str | Path) -> "Gallery":
        """Make a gallery of the folder that `export` wrote.

        Raises:
            ArtefactError: something is at `path`, or the folder does not fit together.
        """
        made = cls.create(path)
        try:
            import_folder(made._opened, given_path(folder, "an exported gallery"))
        except BaseException:
            made._engine.discard()
            raise
        return made

    def __enter__(self) -> "Gallery":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._engine.close()

    def granted(self, cameras: Collection[str] | None = None) -> GrantedGallery:
        """The gallery as somebody sees it who may see what some cameras saw.

        Args:
            cameras: their names, "" being walks without one; None: all.
        """
        return GrantedGallery(self._opened, cameras)

    @property
    def source(self) -> str:
        """Fingerprint of the model that its templates are of; empty while nobody is enrolled."""
        with self._engine.reading() as reader:
            return read_fact(reader, "source")

    @property
    def calibration(self) -> GalleryCalibration | None:
        """How near is near enough; None: not calibrated."""
        with self._engine.reading() as reader:
            return read_calibration(reader)

    def enroll(
        self,
        walks: Walks,
        details: WalkDetails | None = None,
        rejects: Sequence[Reject] = (),
        progress: Callable[[int, int], None] = lambda done, total: None,
        *,
        silhouettes: GivenFrames | None = None,
    ) -> EnrolReport:
        """Enrol walks as those of the people their records name: of a new person, or of one who is there.

        A walk that is there already is passed over: what was interrupted goes on when it is called again.

        Args:
            walks: with subjects; "id:3" is a person by id.
            details: what else is known of them.
            rejects: walks that were found wanting before, for the report.
            progress: called with how many are done, of how many.
            silhouettes: of the walks, in their order; kept where the gallery keeps walks.

        Returns:
            What was enrolled, what was not and why, and who may be somebody who is there.

        Raises:
            ArtefactError: another model made them. DataError: the disk is full or fails; nothing is half enrolled.
        """
        given = given_walks(walks, "what is enrolled")
        frames = given_frames(silhouettes, len(given))
        report, new = enrolment.enroll(self._engine, given, details or WalkDetails(), rejects, progress, frames)
        return look_alikes(self._opened, report, new)

    def identify(
        self,
        probes: Walks,
        top: int = 5,
        *,
        tags: Iterable[str] = (),
        camera: str = "",
        log: bool = True,
        silhouettes: GivenFrames | None = None,
    ) -> list[Identification]:
        """Say who probes are, each for itself: ranked people, and one of them or unknown.

        Args:
            probes: vectors of walks by the gallery's model.
            top: people to list.
            tags: search only people who have all of these.
            camera: where they were seen, for the log.
            log: keep them in the log, where the gallery keeps one.
            silhouettes: of the probes, in their order; kept with the log where the gallery keeps walks.

        Raises:
            ArtefactError: another model made them. DataError: there is no walk, or nobody is enrolled.
        """
        if not isinstance(top, int | np.integer) or isinstance(top, bool) or top < 1:
            raise ConfigError(f"top is how many people to list, 1 or more, found {shown(top)}")
        walks = given_walks(probes, "the probe side")
        frames = given_frames(silhouettes, len(walks))
        answers = identification.identify(self._opened, walks, int(top), given_words(tags))
        return probe_log.keep_probes(self._opened, walks, answers, camera, frames) if log else answers

    def identify_again(self, number: int, top: int = 5) -> Identification:
        """Ask once more about a probe of the log, against the people who are there now.

        Raises:
            DataError: the log has it not, or no longer.
        """
        with self._opened.searching() as (reader, comparing, _):
            walk, _probe = probe_log.read_probe(reader, number, comparing)
        return self.identify(walk, top, log=False)[0]

    def verify(self, probe: Walks, who: Who) -> Verification:
        """Say whether one probe is of a person, by all of their walks.

        Raises:
            DataError: not one walk, or no such person. ArtefactError: another model made it.
        """
        return identification.verify(self._opened, given_walks(probe, "the probe"), who)

    def calibrate(
        self, strangers: Walks | None = None, *, per_1000: float = PER_1000, known_share: float = 0.5
    ) -> GalleryCalibration:
        """Measure how near strangers come, and name nobody beyond what few enough of them reach.

        Args:
            strangers: walks of people who are not enrolled; None: each of the known in turn, among the others.
            per_1000: false alarms per 1,000 strangers.
            known_share: how many of those who are asked about are enrolled, 0 to 1: the prior of probabilities.

        Raises:
            DataError: nobody to search for, or somebody known among them. ConfigError: no such rate.
        """
        given = isinstance(per_1000, int | float) and not isinstance(per_1000, bool)
        require(given, f"per_1000 is how many of 1,000 strangers may be named, found {shown(per_1000)}")
        walks = None if strangers is None else given_walks(strangers, "the strangers")
        given = isinstance(known_share, float) and 0 < known_share < 1
        require(given, f"known_share is a share between 0 and 1, such as 0.5, found {shown(known_share)}")
        return calibrate(self._opened, walks, float(per_1000), known_share)
