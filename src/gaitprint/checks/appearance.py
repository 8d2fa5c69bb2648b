"""What the doctor sees in silhouettes: bodies that stand in the wrong place, sequences that are mirror images.

Every rule looks at one picture a sequence, its average over time, so that a data set is read once.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

import cv2
import numpy as np
from jaxtyping import Bool, Float32, Shaped, UInt8

from gaitprint.checks.findings import Finding
from gaitprint.errors import ShapeError
from gaitprint.types import Frames, SequenceRecord, check_frames

Averages = UInt8[np.ndarray, "N h w"]
"""One average silhouette a sequence, 0 (never body) to 255 (always body).

Bytes, because 300,000 sequences of 32 x 32 then take 0.3 GB where float32 takes 1.2, and rounding (0.3 of 255) is
nothing beside what two walks of one person differ by (around 10).
"""

ROWS = 32
"""h of an average, where frames are not smaller: 64 x 64 becomes 32 x 32, 64 x 44 becomes 32 x 22."""
OFF_CENTRE = 3 / 64
"""Of the height: how far from the middle column half of the body may lie to the left of it."""
THINNEST = 0.5 / 32
"""Of the height: the least width of body in the first and in the last row of an average."""
MIN_SEQUENCES, MIN_SUBJECTS = 20, 5
"""Fewer in a view do not say how people look from there."""
MIN_ASYMMETRY = 0.1
"""|left half - mirrored right half| / |all| of a view's median picture that can be told from its mirror image."""
MIRRORED = -0.3
"""Where 1 looks like the others of the view and -1 like their mirror image: below this is mirrored."""
MIN_DEVIATIONS = 4.0
"""Robust standard deviations by which it must differ from the view's median as well."""
COMMON = 0.1
"""Share of a view's sequences that look the other way, beyond which this is no mistake of theirs."""

_BLOCK = 2000


def average_silhouette(frames: Frames) -> UInt8[np.ndarray, "h w"]:
    """The mean over time, in squares of pixels averaged so that `ROWS` rows remain; 0.02 ms for 90 frames of 64 x 64.

    Raises:
        ShapeError: no frame or no pixel.
    """
    check_frames(frames, "average silhouette")
    length, height, width = frames.shape
    flat = np.ascontiguousarray(frames).reshape(length, height * width)
    total: np.ndarray = cv2.reduce(flat, 0, cv2.REDUCE_SUM, dtype=cv2.CV_32S)
    mean = (total.reshape(height, width) / length).astype(np.float32)
    if height > ROWS:
        size = (max(1, round(width * ROWS / height)), ROWS)
        mean = cv2.resize(mean, size, interpolation=cv2.INTER_AREA)
    result: np.ndarray = np.rint(mean).astype(np.uint8)
    return result


def shifted(records: Sequence[SequenceRecord], averages: Averages) -> Iterable[Finding]:
    """Bodies that do not reach from the first to the last row, or do not stand on the middle column.

    Normalisation makes every frame touch both borders and puts the column that halves the body's area in the middle,
    so walking explains next to nothing: half of the body lies within a pixel of 64 of the middle in each of the 8,107
    sequences of CASIA-B's subjects 001-074. None of them is named; of 400 moved by hand, all moved by 4 pixels or
    more, up, down, left or right.

    Raises:
        ShapeError: another number of averages than of records.
    """
    check_averages(records, averages)
    if averages.size == 0:
        return
    height, width = averages.shape[1:]
    # in float32: sums of bytes as bytes would wrap round
    rows = averages[:, [0, -1]].sum(axis=2, dtype=np.float32) / 255
    short = (rows < THINNEST * height).any(axis=1)
    if short.any():
        what = f"sequences whose bodies do not reach from the first to the last row: {short.sum()}"
        advice = "prepare them from raw silhouettes in which nothing but the body is white; it must fill the height"
        yield Finding("warning", what, advice, _keys(records, short))
    beside = np.abs(_middle(averages) - width / 2) > OFF_CENTRE * height
    if beside.any():
        what = f"sequences whose bodies stand beside the middle column: {beside.sum()}"
        advice = "prepare them from the raw silhouettes; networks compare columns, bodies must stand on the middle one"
        yield Finding("warning", what, advice, _keys(records, beside))


def mirrored(records: Sequence[SequenceRecord], averages: Averages) -> Iterable[Finding]:
    """Sequences that look like the mirror image of the others of their view.

    The left half of a picture less its mirrored right half is weighted so that it tells the view's median from its
    mirror image best; the weighted sum is 1 for the typical sequence, -1 for its mirror image. Views of fewer than 20
    sequences or 5 subjects, or of a nearly symmetric median, say nothing; where more than a tenth look the other way,
    both directions are common and one note says so.

    CASIA-B, subjects 001-074, on which the limits were chosen: 1 of 8,107 sequences is named, one of 13 frames, badly
    cut out; none in 25 draws of 5 subjects. Of sequences mirrored by hand, ten a view, 94 to 100% are found at views
    018 to 162; at 000 and 180, where mirror images look alike, 98% if mirrored after normalisation, 20 and 66% if
    before.

    Raises:
        ShapeError: another number of averages than of records.
    """
    check_averages(records, averages)
    views: dict[str, list[int]] = defaultdict(list)
    for i, record in enumerate(records):
        views[record.view].append(i)
    wrong = np.zeros(len(records), np.bool_)
    both = []
    for view, members in sorted(views.items()):
        # Sequences of nobody known count as one subject each: a competition's probes are many people.
        subjects = {records[i].subject or records[i].key for i in members}
        if len(members) < MIN_SEQUENCES or len(subjects) < MIN_SUBJECTS:
            continue
        likeness = _likeness(averages[members])
        # Those walking the other way widen the spread and hide each other: where they are common, no spread is asked.
        if (likeness < 0).mean() > COMMON:
            both.append(view)
            continue
        # the median deviation of a normal distribution times 1.4826 is its standard deviation
        deviation = 1.4826 * np.median(np.abs(likeness - 1))
        wrong[members] = (likeness < MIRRORED) & (1 - likeness > MIN_DEVIATIONS * deviation)
    if wrong.any():
        what = f"sequences that look like the mirror image of the others of their view: {wrong.sum()}"
        advice = "look at them; mirror them back, or give the other direction a view of its own"
        yield Finding("warning", what, advice, _keys(records, wrong))
    if both:
        what = f"views in which people walk in both directions: {len(both)}"
        yield Finding("note", what, "results a view are means over both; give each direction its name", tuple(both))


def _likeness(averages: Averages) -> Float32[np.ndarray, " N"]:
    """1 for the typical sequence of a view, -1 for its mirror image; 1 for all where the view cannot tell."""
    unknown = np.ones(len(averages), np.float32)
    # Some thousand pictures say what all would, and a data set without views is not copied.
    sample = averages[:: -(-len(averages) // _BLOCK)]
    usual = np.median(sample, axis=0).astype(np.float32)
    different = _left_less_right(sample)
    middle = np.median(different, axis=0)
    if np.linalg.norm(middle) <= MIN_ASYMMETRY * np.linalg.norm(usual):
        return unknown
    slope = _left_less_right(np.gradient(usual, axis=1)[None])[0]
    # to first order a shift by a column changes a picture by its slope
    weights = _discriminant(different, middle, slope)
    blocks = [averages[i : i + _BLOCK] for i in range(0, len(averages), _BLOCK)]
    likeness = np.concatenate([_left_less_right(block) @ weights for block in blocks])
    typical = np.median(likeness)
    # the median no longer looks like itself: the ridge took over, and the sign says nothing
    if typical <= 0:
        return unknown
    result: np.ndarray = likeness / typical
    return result


def _left_less_right(pictures: Shaped[np.ndarray, "N h w"]) -> Float32[np.ndarray, "N D"]:
    """The left half less the mirrored right half, D = h (w // 2); mirroring a picture changes the sign."""
    values = pictures.astype(np.float32)
    half = values.shape[2] // 2
    return (values[:, :, :half] - values[:, :, ::-1][:, :, :half]).reshape(len(values), -1)


def _discriminant(
    different: Float32[np.ndarray, "N D"], middle: Float32[np.ndarray, " D"], slope: Float32[np.ndarray, " D"]
) -> Float32[np.ndarray, " D"]:
    """Weights w that tell `middle` from -`middle` best and do not see a shift: <w, slope> = 0.

    Fisher's linear discriminant (1936), w = S^-1 middle with S the covariance of `different` and a ridge of its largest
    variance, since there may be fewer sequences than pixels. Half the area lies left of a pixel that belongs to the
    right half: a picture mirrored before normalisation and one mirrored after it stand a pixel apart, so shifts must
    not count.
    """
    spread = np.atleast_2d(np.cov(different, rowvar=False))
    # a ridge: below as many sequences as pixels the covariance has no inverse
    spread += max(float(spread.diagonal().max()), 1e-6) * np.eye(len(spread))
    direct, sideways = np.linalg.solve(spread, np.stack([middle, slope], axis=1)).T
    along = np.dot(slope, sideways)
    # Lagrange: of the two solutions the combination whose product with `slope` is 0
    part = np.dot(slope, direct) / along if along > 0 else 0.0
    result: np.ndarray = (direct - part * sideways).astype(np.float32)
    return result


def _middle(averages: Averages) -> Float32[np.ndarray, " N"]:
    """The column, in cells from the left border, to the left of which half of the body lies; w / 2 without a body."""
    columns = averages.sum(axis=1, dtype=np.float32)
    running = np.cumsum(columns, axis=1)
    half = running[:, -1:] / 2
    # the cell in which half of the body is reached; below, how far into it
    place = (running < half).sum(axis=1)
    inside = np.take_along_axis(columns, place[:, None], axis=1)[:, 0]
    before = np.take_along_axis(running, place[:, None], axis=1)[:, 0] - inside
    part = (half[:, 0] - before) / np.maximum(inside, 1)
    result: np.ndarray = np.where(half[:, 0] > 0, place + part, averages.shape[2] / 2).astype(np.float32)
    return result


def _keys(records: Sequence[SequenceRecord], chosen: Bool[np.ndarray, " N"]) -> tuple[str, ...]:
    return tuple(record.key for record, named in zip(records, chosen, strict=True) if named)


def check_averages(records: Sequence[SequenceRecord], averages: Averages) -> None:
    """Raise ShapeError unless there is an average for each record."""
    if len(records) != len(averages):
        raise ShapeError(f"{len(records)} records came with {len(averages)} average silhouettes: one each is needed")
