"""New people who may be somebody who is there already."""

from collections.abc import Collection
from dataclasses import replace

from gaitprint.gallery.calibrating import read_walk
from gaitprint.gallery.calibration import read_calibration
from gaitprint.gallery.opened import OpenGallery
from gaitprint.gallery.records import EnrolReport

_MOST = 200
"""New people who are looked at, of one enrolment."""


def look_alikes(
    gallery: OpenGallery, report: EnrolReport, new: list[int], cameras: Collection[str] | None = None
) -> EnrolReport:
    """Point out new people who are as near to somebody else as a person is to themselves.

    Args:
        gallery: after they were enrolled; where it is not calibrated nobody knows how near that is.
        report: to be completed.
        new: their ids.
        cameras: only people whom these saw are pointed out; None: all.
    """
    with gallery.engine.reading() as reader:
        calibration = read_calibration(reader)
    if calibration is None or not new:
        return report
    notes = []
    with gallery.searching() as (reader, comparing, index):
        # the first walk of each stands for them: all pairs of thousands would take as long as enrolling
        first: dict[int, int] = {}
        for sample, person in index.samples():
            first.setdefault(person, sample)
        for person in [p for p in new if p in first][:_MOST]:
            walk = read_walk(reader, comparing, index.digest(first[person]), first[person])
            for hit in index.search(reader, walk, 1, without=person, cameras=cameras):
                if hit.distance <= calibration.threshold:
                    other = index.names[hit.person]
                    notes.append(
                        f"id:{person} {index.names[person]!r} may be id:{hit.person} {other!r} (distance "
                        f"{hit.distance:.4g}): look at both, and merge them if so"
                    )
    return replace(report, notes=(*report.notes, *notes))
