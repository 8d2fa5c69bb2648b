"""People who were seen and are not enrolled: probes of the log that are alike, and how they become somebody."""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage

from gaitprint.errors import DataError
from gaitprint.gallery.calibration import read_calibration
from gaitprint.gallery.enrolment import Enrolled, check_source, enroll_one
from gaitprint.gallery.journal import change
from gaitprint.gallery.kept_walks import PROBE, FramesOf, keeps_walks, read_walk, with_walks
from gaitprint.gallery.opened import OpenGallery
from gaitprint.gallery.probe_log import free_key, read_probe
from gaitprint.gallery.records import EnrolReport, WalkDetails
from gaitprint.gallery.times import now
from gaitprint.types import Frames

_MOST = 2000
"""Probes, the newest, that are grouped: every pair of them is compared."""


@dataclass(frozen=True)
class UnknownGroup:
    """Somebody who was asked about and is not enrolled."""

    probes: tuple[int, ...]
    """Their numbers in the log, oldest first."""
    first: str
    last: str
    """When they were seen, UTC."""
    cameras: tuple[str, ...]
    spread: float
    """The largest distance between two of them."""

    @property
    def times(self) -> int:
        """How often they were seen."""
        return len(self.probes)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {**asdict(self), "probes": list(self.probes), "cameras": list(self.cameras), "times": self.times}


def unknown_groups(gallery: OpenGallery, cameras: Collection[str] | None = None) -> list[UnknownGroup]:
    """Probes of the log that are nobody who is enrolled by now, together where they are alike; the most seen first.

    Two groups are one where their walks lie, in the mean, within the distance at which the gallery names somebody
    (average linkage): chance brings strangers as near to each other as to people who are enrolled.

    Args:
        gallery: whose log.
        cameras: only what these saw; None: all.

    Raises:
        DataError: not calibrated.
    """
    with gallery.searching() as (reader, comparing, index):
        calibration = read_calibration(reader)
        if calibration is None:
            raise DataError(
                "the gallery is not calibrated, so nobody knows who is alike: `gaitprint gallery calibrate`"
            )
        numbers = reader.rows("probes", ["id"], ("expires", ">", now()), last=_MOST)
        seen = [read_probe(reader, number, comparing) for (number,) in reversed(numbers)]
        unknown = [(w, p) for w, p in seen if p.person is None and not p.decision.startswith("confirmed")]
        unknown = [(w, p) for w, p in unknown if cameras is None or p.camera in cameras]
        # whoever was enrolled since is unknown no more
        near = [index.search(reader, walk, 1, cameras=cameras) for walk, _ in unknown]
        left = [
            u for u, hits in zip(unknown, near, strict=True) if not hits or hits[0].distance > calibration.threshold
        ]
        if not left:
            return []
        vectors = np.concatenate([walk.vectors for walk, _ in left])
        apart = np.array([comparing.distances(walk, vectors) for walk, _ in left], np.float64)
        label = np.ones(len(left), np.int64)
        # a single probe is a group of its own, and has no pair to link
        if len(left) > 1:
            upper = apart[np.triu_indices(len(left), 1)]
            label = fcluster(linkage(upper, "average"), calibration.threshold, "distance")
    groups = []
    for one in np.unique(label):
        places = np.flatnonzero(label == one)
        probes = [left[i][1] for i in places]
        groups.append(
            UnknownGroup(
                tuple(p.id for p in probes),
                probes[0].seen,
                probes[-1].seen,
                tuple(sorted({p.camera for p in probes if p.camera})),
                float(apart[np.ix_(places, places)].max()),
            )
        )
    return sorted(groups, key=lambda g: (-g.times, g.probes))


def enroll_from_log(
    gallery: OpenGallery, numbers: Sequence[int], name: str, details: WalkDetails
) -> tuple[EnrolReport, list[int]]:
    """Enrol probes of the log as walks of somebody, with their kept silhouettes; it can be undone.

    Raises:
        DataError: the log has one of them not, or no longer.
    """
    chosen, done = list(dict.fromkeys(numbers)), Enrolled()
    if not chosen:
        raise DataError("name probes to enrol, by their numbers in `gaitprint gallery log`")
    with gallery.searching() as (reader, comparing, _):
        probes = [read_probe(reader, number, comparing) for number in chosen]
        kept = with_walks(reader, PROBE, chosen) if keeps_walks(reader) else set[int]()
        frames = {number: read_walk(reader, PROBE, number) for number in kept}
    with change(gallery.engine, "enroll") as made:
        for walk, probe in probes:
            check_source(made.writer, walk, f"probe {probe.id}")
            record = replace(walk.records[0], key=free_key(made.writer, probe.key), subject=name)
            taken = details.taken or probe.seen
            facts = replace(details, camera=details.camera or probe.camera, taken=taken, origin=f"probe {probe.id}")
            before, silhouettes = len(done.enrolled), frames.get(probe.id)
            of = None if silhouettes is None else _always(silhouettes)
            enroll_one(made, replace(walk, records=(record,)), 0, facts, done, of)
            if len(done.enrolled) > before:
                [(person,)] = made.writer.rows("samples", ["person"], ("id", "=", done.enrolled[-1]))
                # by this a purge finds what was of them
                made.update("probes", probe.id, {"decision": f"confirmed id:{person}"})
        made.details = {"samples": done.enrolled, "people": done.people, "probes": chosen}
    return EnrolReport(tuple(done.enrolled), len(done.people), done.already, tuple(done.rejects)), done.people


def _always(frames: Frames) -> FramesOf:
    return lambda place: frames
