"""What is kept in a gallery, for how long, and copies of it."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

from gaitprint.arguments import shown
from gaitprint.errors import ConfigError
from gaitprint.gallery import upkeep
from gaitprint.gallery.corrections import Corrections
from gaitprint.gallery.erasure import Erasing, Erasure, purge
from gaitprint.gallery.exchange import export, known_embeddings
from gaitprint.gallery.given import given_path
from gaitprint.gallery.journal import read_fact
from gaitprint.gallery.kept_walks import PROBE, SAMPLE, keeps_walks, read_walk, with_walks
from gaitprint.gallery.people import Who
from gaitprint.gallery.probe_log import RETENTION
from gaitprint.gallery.reembedding import EmbedWalks, ReembedReport, reembed
from gaitprint.retrieval.spec import PipelineSpec
from gaitprint.types import Embeddings, Frames


class Keeping(Corrections):
    """The verbs of `Gallery` for what it holds as a whole."""

    @property
    def keeps_walks(self) -> bool:
        """Whether silhouettes are kept beside vectors."""
        with self._engine.reading() as reader:
            return keeps_walks(reader)

    @property
    def retention_days(self) -> float:
        """How long probes are kept; 0: not at all."""
        with self._engine.reading() as reader:
            return float(read_fact(reader, RETENTION) or 0)

    @property
    def pipeline(self) -> PipelineSpec:
        """How walks are compared."""
        with self._engine.reading() as reader:
            return PipelineSpec.from_table(json.loads(read_fact(reader, "pipeline")))

    def embeddings(self) -> Embeddings:
        """The walks of everybody who can be an answer, by name; of two people of one name with their ids.

        Raises:
            DataError: there is nobody. ArtefactError: a damaged template.
        """
        return known_embeddings(self._opened)

    def walk(self, sample: int | None = None, *, probe: int | None = None) -> Frames:
        """The silhouettes of a sample, or of a probe of the log, as they were given.

        Args:
            sample: its id.
            probe: its number in the log, in place of a sample.

        Raises:
            DataError: no such sample or probe, or none are kept of it. ArtefactError: damaged.
        """
        if (sample is None) == (probe is None) or type(sample if probe is None else probe) is not int:
            raise ConfigError(f"walk takes the id of a sample or of a probe, found {shown(sample)}, {shown(probe)}")
        with self._engine.reading() as reader:
            return read_walk(reader, SAMPLE, sample) if sample is not None else read_walk(reader, PROBE, probe or 0)

    def kept_walks(self, samples: Sequence[int]) -> set[int]:
        """Which of these samples have a walk."""
        with self._engine.reading() as reader:
            return with_walks(reader, SAMPLE, samples)

    def reembed(
        self,
        embed: EmbedWalks,
        *,
        drop: bool = False,
        dry_run: bool = False,
        progress: Callable[[int, int], None] = lambda done, total: None,
    ) -> ReembedReport:
        """Go over to another model by the kept walks, while others go on searching; calibrate anew afterwards.

        Args:
            embed: makes vectors of walks by that model, such as `Model.load("other.safetensors").embed`.
            drop: take out what has no kept walk.
            dry_run: only say what that would be.
            progress: called with how many are done, of how many.

        Raises:
            DataError: something has no kept walk, nothing has, or it is the gallery's own model.
        """
        if not callable(embed):
            raise ConfigError(f"embed makes vectors of walks, such as that of a Model, found {shown(embed)}")
        return reembed(self._opened, embed, drop=drop, dry_run=dry_run, progress=progress)

    def purge(
        self,
        *who: Who,
        samples: Sequence[int] = (),
        expired: bool = False,
        removed: bool = False,
        dry_run: bool = False,
    ) -> Erasure:
        """Erase people or single walks for good, from the rows, the files and what could be undone.

        Args:
            who: people, removed or not.
            samples: ids of walks.
            expired: also everybody whose day has come.
            removed: also everybody and every walk that was removed.
            dry_run: only say who that would be.

        Raises:
            DataError: nobody is meant; or another process still reads what was there.
        """
        return purge(self._opened, Erasing(who, samples, expired, removed), dry_run)

    def check(self) -> upkeep.CheckReport:
        """Look at every row, checksum and line of the audit, and finish what was begun."""
        return upkeep.check(self._opened)

    def backup(self, path: str | Path) -> upkeep.CheckReport:
        """Write a copy while others go on, and prove that it is a whole gallery."""
        return upkeep.backup(self._opened, given_path(path, "a backup"))

    def export(self, folder: str | Path) -> tuple[int, int]:
        """Write people and samples as tables and vectors; how many of each. See `gaitprint.gallery.exchange`."""
        return export(self._opened, given_path(folder, "a folder"))
