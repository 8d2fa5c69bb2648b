"""What a chain makes of composite clips, counted against their truth."""

import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np

from gaitprint.components import make_component
from gaitprint.errors import DataError
from gaitprint.silhouettes.normalize import normalize_sequence
from gaitprint.video.chain import VideoChain
from gaitprint.video.composites.settings import CompositeSettings
from gaitprint.video.composites.truth import CompositeFrame, TruePerson
from gaitprint.video.overlap import iou as boxes_iou
from gaitprint.video.people import PersonMask
from gaitprint.video.tracklets import TrackletCollector


@dataclass
class Tally:
    """What was counted in one scene."""

    ious: list[float] = field(default_factory=list)
    whole: int = 0
    found: int = 0
    events: int = 0
    kept: int = 0
    switches: int = 0
    false: int = 0
    tracklets: list[tuple[str, np.ndarray, np.ndarray]] = field(default_factory=list)
    """True name, silhouettes of the chain, true silhouettes of the same frames."""
    frames: int = 0
    seconds: float = 0.0


class Played:
    """A source that is there already."""

    notes = ()

    def __init__(self, info, frames):
        self.info, self.frames = info, frames

    def __iter__(self):
        return iter(self.frames)

    def close(self):
        """There is nothing to let go of."""


def pixels_of(mask: PersonMask, shape: tuple[int, ...]) -> np.ndarray:
    """The mask in a frame of its own."""
    frame = np.zeros(shape[:2], np.uint8)
    frame[mask.top : mask.top + mask.pixels.shape[0], mask.left : mask.left + mask.pixels.shape[1]] = mask.pixels
    return frame


def mask_iou(one: PersonMask, other: PersonMask, shape: tuple[int, ...]) -> float:
    """Intersection over union of both, white from 128 on."""
    a, b = pixels_of(one, shape) > 127, pixels_of(other, shape) > 127
    either = (a | b).sum()
    return float((a & b).sum() / either) if either else 0.0


def is_whole(person: TruePerson, clip: CompositeFrame) -> bool:
    """Whether all of them is in the frame and nothing stands before or behind."""
    height, width = clip.frame.image.shape[:2]
    left, top, right, bottom = person.box
    alone = all(
        other is person
        or min(right, other.box[2]) <= max(left, other.box[0]) + 1
        or min(bottom, other.box[3]) <= max(top, other.box[1])
        for other in clip.people
    )
    return bool(alone and person.visible > 0.98 and left > 1 and top > 1 and right < width - 1 and bottom < height - 1)


def box_iou(a: np.ndarray, b: np.ndarray) -> float:
    """Of two boxes."""
    return float(boxes_iou(a[None], b[None])[0, 0])


def judge(settings: CompositeSettings, clip: list[CompositeFrame], parts: tuple[str, str], tally: Tally, show=None):
    """Run the chain over one clip and count."""
    detector, segmenter = (make_component(k, n) for k, n in zip(("detector", "segmenter"), parts, strict=True))
    chain = VideoChain(
        Played(settings.info, [c.frame for c in clip]), detector, make_component("tracker", "bytetrack"), segmenter
    )
    collector, tracklets = TrackletCollector(), []
    numbers: dict[str, list[tuple[int, int]]] = defaultdict(list)
    moments, start = [], time.perf_counter()
    for moment in chain:
        # of an hour's clip neither frames nor foregrounds are kept
        moments.append(moment.people)
        tracklets += list(collector.add(moment))
    tally.seconds += time.perf_counter() - start
    tally.frames += len(clip)
    tracklets += list(collector.finish())
    owners: dict[int, Counter] = defaultdict(Counter)
    for index, (people, truth) in enumerate(zip(moments, clip, strict=True)):
        shape = truth.frame.image.shape
        seen = {}
        for sighting in people:
            best = max(truth.people, key=lambda p: box_iou(p.box, sighting.person.box), default=None)
            near = best is not None and box_iou(best.box, sighting.person.box) > 0.3
            if near and sighting.person.seen:
                numbers[best.subject].append((index, sighting.person.track))
                owners[sighting.person.track][best.subject] += 1
            if sighting.mask is None or sighting.mask.fault:
                continue
            shares = [(mask_iou(sighting.mask, p.mask, shape), p.subject) for p in truth.people]
            iou, name = max(shares, default=(0.0, ""))
            if iou < 0.2:
                tally.false += 1
            else:
                tally.ious.append(iou)
                seen[name] = max(iou, seen.get(name, 0.0))
        for person in truth.people:
            if is_whole(person, truth) and index >= 30:
                tally.whole += 1
                tally.found += seen.get(person.subject, 0.0) > 0.5
        if show is not None and any(0.2 <= i < 0.7 for i in seen.values()):
            show.append((index, people, truth))
    count_crossings(clip, numbers, tally)
    collect(clip, tracklets, owners, tally)


def count_crossings(clip: list[CompositeFrame], numbers: dict, tally: Tally) -> None:
    """Who was hidden or mixed up with others for a while, and was whole before and after."""
    rate = 1 / max(1e-9, clip[1].frame.seconds - clip[0].frame.seconds)
    for subject, track_of in numbers.items():
        tracks = dict(track_of)
        tally.switches += sum(a != b for (_, a), (_, b) in pairwise(track_of))
        clear = [any(p.subject == subject and is_whole(p, c) for p in c.people) for c in clip]
        runs = runs_of(clear, round(0.6 * rate))
        for (first, last), (begin, end) in pairwise(runs):
            before = Counter(tracks[i] for i in range(first, last) if i in tracks).most_common(1)
            after = Counter(tracks[i] for i in range(begin, end) if i in tracks).most_common(1)
            if before:
                tally.events += 1
                tally.kept += bool(after) and before[0][0] == after[0][0]


def runs_of(truths: list[bool], least: int) -> list[tuple[int, int]]:
    """Stretches that hold for at least so many frames."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], np.array(truths, int), [0]])))
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2) if b - a >= least]


def collect(clip: list[CompositeFrame], tracklets: list, owners: dict, tally: Tally) -> None:
    """Kept tracklets beside the true silhouettes of the same frames."""
    for tracklet in tracklets:
        if tracklet.reason or not owners[tracklet.track]:
            continue
        name = owners[tracklet.track].most_common(1)[0][0]
        true = [
            pixels_of(p.mask, clip[i].frame.image.shape)
            for i in tracklet.indices
            for p in clip[i].people
            if p.subject == name and p.visible > 0.5
        ]
        try:
            tally.tracklets.append((name, tracklet.normalized().frames, normalize_sequence(true).frames))
        except DataError:
            continue


def save_sheet(path: Path, shown: list) -> None:
    """What went wrong, to be looked at: the true outline in green, the chain's in red."""
    rows = []
    for index, sightings, truth in shown[:: max(1, len(shown) // 8)][:8]:
        image = truth.frame.image.copy()
        for people, colour in ((truth.people, (0, 255, 0)), (sightings, (255, 0, 0))):
            for mask in (p.mask for p in people if p.mask is not None):
                lines, _ = cv2.findContours(
                    (pixels_of(mask, image.shape) > 127).astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE
                )
                cv2.drawContours(image, lines, -1, colour, 1)
        for s in sightings:
            left, top, right, bottom = (int(v) for v in s.person.box)
            cv2.rectangle(image, (left, top), (right, bottom), (255, 255, 0) if s.person.seen else (120, 120, 255), 1)
            label = f"{s.person.track} {s.mask.fault if s.mask else '-'}"
            cv2.putText(image, label, (left, top - 3), 0, 0.45, (255, 255, 255))
        cv2.putText(image, str(index), (5, 20), 0, 0.6, (255, 255, 255))
        rows.append(image)
    if rows:
        rows += [np.zeros_like(rows[0])] * (len(rows) % 2)
        cv2.imwrite(str(path), np.vstack([np.hstack(rows[i : i + 2]) for i in range(0, len(rows), 2)])[..., ::-1])
