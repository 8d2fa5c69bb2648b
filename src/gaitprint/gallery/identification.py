"""Who a probe is: the nearest people with what speaks for them, or unknown.

Unknown is the answer until the gallery was calibrated, and wherever nobody is near enough. Somebody is passed over to
whom the probe is less near than to a walk that was said not to be theirs.
"""

from collections.abc import Collection
from dataclasses import replace

from gaitprint.errors import DataError
from gaitprint.gallery.calibration import GalleryCalibration, read_calibration
from gaitprint.gallery.contract import Reader
from gaitprint.gallery.index import Index
from gaitprint.gallery.opened import OpenGallery
from gaitprint.gallery.people import Who, find_person
from gaitprint.gallery.records import UNKNOWN, Candidate, Identification, Verification
from gaitprint.gallery.search import Comparing, Hit
from gaitprint.gallery.vectors import unpack_vector
from gaitprint.types import Embeddings

UNCALIBRATED = "the gallery is not calibrated: `gaitprint gallery calibrate` says how near is near enough"
TOO_FAR = "nobody known is near enough"
_GROWN = 1.25
"""Times as many people as were calibrated with, from which on that is said."""


def identify(
    gallery: OpenGallery, probes: Embeddings, top: int, tags: Collection[str], cameras: Collection[str] | None = None
) -> list[Identification]:
    """The answers to probes, each for itself; among what these cameras saw, where they are named."""
    with gallery.searching(probes) as (reader, comparing, index):
        calibration = read_calibration(reader)
        note = _outgrown(calibration, len(index.people()))
        answers = []
        for i in range(len(probes)):
            probe = probes.select([i])
            # one more than is shown, for the margin and where the nearest is denied
            hits = index.search(reader, probe, max(top, 2) + 1, tags=tags, cameras=cameras)
            candidates = [_candidate(reader, comparing, index, probe, hit, calibration) for hit in hits]
            answer = _decided(probes.records[i].key, candidates, top, calibration, note)
            answers.append(replace(answer, probability=_probability(candidates, calibration)))
    return answers


def verify(gallery: OpenGallery, probe: Embeddings, who: Who, cameras: Collection[str] | None = None) -> Verification:
    """Whether one probe is of a person, by all of their walks."""
    with gallery.searching(probe) as (reader, _comparing, index):
        if len(probe) != 1:
            raise DataError(f"one walk is verified, found {len(probe)}: choose one by its key")
        person, calibration = find_person(reader, who), read_calibration(reader)
        hits = index.search(reader, probe, 1, only=person.id, cameras=cameras)
        if not hits:
            raise DataError(f"{person.name!r} has no walk to compare with, or has expired: enrol one")
        [hit] = hits
        limit = None if calibration is None else calibration.verify_threshold
        accepted = None if limit is None else hit.distance <= limit
        return Verification(person.id, person.name, hit.distance, limit, accepted, hit.sample, _key(reader, hit))


def _decided(
    key: str, candidates: list[Candidate], top: int, calibration: GalleryCalibration | None, note: tuple[str, ...]
) -> Identification:
    margin = candidates[1].distance - candidates[0].distance if len(candidates) > 1 else None
    shown, limit = tuple(candidates[:top]), None if calibration is None else calibration.threshold
    if limit is None:
        return Identification(key, None, UNKNOWN, shown, margin, None, UNCALIBRATED, notes=note)
    reason = TOO_FAR
    for candidate in candidates:
        if candidate.distance > limit:
            break
        if not candidate.denied:
            return Identification(key, candidate.person, candidate.name, shown, margin, limit, notes=note)
        # the next person may still be the answer, within the same distance
        reason = candidate.denied
    return Identification(key, None, UNKNOWN, shown, margin, limit, reason, notes=note)


def _probability(candidates: list[Candidate], calibration: GalleryCalibration | None) -> float | None:
    # measured on the nearest person alone: of the others, and past a denial, it says nothing
    if calibration is None or not candidates or candidates[0].denied:
        return None
    return calibration.probability(candidates[0].distance)


def _candidate(
    reader: Reader,
    comparing: Comparing,
    index: Index,
    probe: Embeddings,
    hit: Hit,
    calibration: GalleryCalibration | None,
) -> Candidate:
    denied = ""
    # negatives are few, and only of people who are near
    for vector, digest in reader.rows("negatives", ["vector", "sha256"], ("person", "=", hit.person)):
        template = unpack_vector(vector, digest, probe.layout.width, "a negative")
        if comparing.distances(probe, template[None])[0] < hit.distance:
            denied = f"it is nearer to a walk that was said not to be {index.names[hit.person]!r}"
    alarms = None if calibration is None else calibration.false_alarms(hit.distance)
    return Candidate(hit.person, index.names[hit.person], hit.distance, hit.sample, _key(reader, hit), alarms, denied)


def _outgrown(calibration: GalleryCalibration | None, people: int) -> tuple[str, ...]:
    """More people draw more strangers to them."""
    if calibration is None or people <= _GROWN * calibration.people:
        return ()
    return (f"calibrated with {calibration.people} people, now {people} are enrolled: calibrate again",)


def _key(reader: Reader, hit: Hit) -> str:
    return str(reader.rows("samples", ["key"], ("id", "=", hit.sample))[0][0])
