"""Segmenter: the mask of BlazePose lite on a square around each person, weights of the package gaitprint-video-models.

Source: Bazarevsky et al., "BlazePose: On-device Real-time Body Pose tracking", CVPR workshops 2020; Xu et al., "GHUM &
GHUML", CVPR 2020.
"""

from dataclasses import dataclass, replace

from gaitprint.components import Component
from gaitprint.config import require
from gaitprint.errors import ArtefactError
from gaitprint.video.frames import VideoFrame, VideoInfo
from gaitprint.video.image_network import ImageNetwork, Outputs, PixelScale
from gaitprint.video.model_files import shipped_model
from gaitprint.video.people import Box, Detections, PersonMask, TrackedPerson
from gaitprint.video.segmentation.body_landmarks import BodyLandmarks, read_landmarks
from gaitprint.video.segmentation.crops import Crop, soft_mask, square_around
from gaitprint.video.segmentation.faults import CUT, HIDDEN, NO_FEET, NO_HEAD, SMALL, UNSURE
from gaitprint.video.segmentation.keep_apart import find_strays, keep_apart
from gaitprint.video.segmentation.pieces import largest_piece, solid_box, tighten

_OUTPUTS = ("Identity", "Identity_1", "Identity_2")


@dataclass(frozen=True)
class PoseSettings:
    """Say how people are cropped, and which masks are whole walkers."""

    crop: float = 1.25
    """Side of the square, in heights of the body."""
    steered: bool = True
    """Crop by the landmarks of the frame before, where there are some; otherwise by the tracker's box alone."""
    presence: float = 0.5
    """Below this the network sees no person for sure."""
    visibility: float = 0.3
    """Feet below this are not in view."""
    hidden: float = 0.15
    """A mask that loses more than this share to somebody nearer is hidden in part."""
    height: int = 32
    """Least height of a body in pixels; a lower one is too small."""
    threads: int = 0
    """People at work at a time; 0: as many as there are cores to use."""

    def __post_init__(self) -> None:
        require(1 <= self.crop <= 3, f"pose's crop is 1 to 3 heights of the body, found {self.crop}")
        require(1 <= self.height <= 10_000, f"height lies between 1 and 10,000 pixels, found {self.height}")
        require(self.threads >= 0, f"threads are at least 0, found {self.threads}")
        for name in ("presence", "visibility", "hidden"):
            value = getattr(self, name)
            require(0 <= value <= 1, f"pose's {name} is 0 to 1, found {value}")


@dataclass(frozen=True)
class Pose:
    """Cut people out by the shipped network."""

    settings: PoseSettings

    @property
    def needs_foreground(self) -> bool:
        """No: it looks at the picture."""
        return False

    def open(self, info: VideoInfo) -> "_Session":
        """Begin with a video."""
        del info
        model = shipped_model("pose-lite")
        network = ImageNetwork(model, PixelScale(), threads=self.settings.threads)
        if not set(_OUTPUTS) <= network.outputs.keys():
            raise ArtefactError(f"{model.path}: expected {', '.join(_OUTPUTS)}, found {network.shapes()}")
        return _Session(self.settings, network)


@dataclass(frozen=True, eq=False)
class _Seen:
    """What is remembered of a person: where they were by their landmarks, and the tracker's box of the same frame."""

    body: BodyLandmarks
    box: Box


@dataclass(frozen=True, eq=False)
class _Cut:
    """One person in one frame."""

    mask: PersonMask
    body: BodyLandmarks
    presence: float


class _Session:
    def __init__(self, settings: PoseSettings, network: ImageNetwork) -> None:
        self.settings, self.network = settings, network
        self._seen: dict[int, _Seen] = {}

    def __call__(
        self, frame: VideoFrame, people: tuple[TrackedPerson, ...], detections: Detections | None
    ) -> tuple[PersonMask | None, ...]:
        del detections
        rows, columns = frame.image.shape[:2]
        crops = {i: crop for i, person in enumerate(people) if (crop := self._crop(person))}
        inner = {i: crop.within(rows, columns) for i, crop in crops.items()}
        crops = {i: crop for i, crop in crops.items() if min(inner[i].width, inner[i].height) > 1}
        size = (self.network.height, self.network.width)
        answers = self.network([crop.cut(frame.image, size) for crop in crops.values()])
        cuts = {
            i: self._cut(answer, crop, rows, columns) for (i, crop), answer in zip(crops.items(), answers, strict=True)
        }
        return self._told_apart(people, cuts, (rows, columns))

    def _told_apart(
        self, people: tuple[TrackedPerson, ...], cuts: dict[int, _Cut], size: tuple[int, int]
    ) -> tuple[PersonMask | None, ...]:
        """Each with what is their own, and with the fault that keeps it from being a whole walker."""
        masks = [cuts[i].mask if i in cuts else None for i in range(len(people))]
        strays = find_strays(masks, [person.box for person in people])
        feet = [float(person.box[3]) for person in people]
        apart, lost = keep_apart([None if stray else mask for mask, stray in zip(masks, strays, strict=True)], feet)
        final: list[PersonMask | None] = []
        seen = {}
        for i, (person, mask) in enumerate(zip(people, apart, strict=True)):
            judged = self._judged(cuts[i], mask, float(lost[i]), size) if mask else None
            # of whom a neighbour hides, the landmarks may be the neighbour's
            if judged and judged.fault not in (UNSURE, HIDDEN):
                seen[person.track] = _Seen(cuts[i].body, person.box)
            final.append(judged)
        # whoever is not asked for any more is forgotten
        self._seen = seen
        return tuple(final)

    def _crop(self, person: TrackedPerson) -> Crop | None:
        """By the landmarks of the frame before, moved as the box has moved; by the box where they do not fit it.

        Whom the detector has lost sight of is followed by landmarks alone, and none are had of who is hidden.
        """
        left, top, right, bottom = person.box.tolist()
        height, column, row = bottom - top, (left + right) / 2, (top + bottom) / 2
        seen = self._seen.get(person.track)
        if seen is not None and self.settings.steered:
            moved = seen.body.centre + (person.box.reshape(2, 2) - seen.box.reshape(2, 2)).mean(axis=0)
            fits = abs(moved[0] - column) < 0.25 * height and abs(moved[1] - row) < 0.25 * height
            if fits and 0.7 * height < seen.body.height < 1.4 * height:
                return square_around(moved[0], moved[1], self.settings.crop * seen.body.height)
        return square_around(column, row, self.settings.crop * height) if person.seen else None

    def _cut(self, answer: Outputs, crop: Crop, rows: int, columns: int) -> _Cut:
        body = read_landmarks(answer["Identity"].reshape(-1), crop, self.network.height)
        shares = soft_mask(answer["Identity_2"].reshape(self.network.height, self.network.width))
        inner = crop.within(rows, columns)
        pixels = largest_piece(crop.put_back(shares, rows, columns))
        return _Cut(PersonMask(inner.left, inner.top, pixels), body, float(answer["Identity_1"].reshape(-1)[0]))

    def _judged(self, cut: _Cut, mask: PersonMask, lost: float, size: tuple[int, int]) -> PersonMask | None:
        pixels = largest_piece(mask.pixels) if lost else mask.pixels
        box = solid_box(pixels, mask.left, mask.top)
        if box is None:
            return None
        return replace(tighten(mask, pixels, box), fault=self._fault(cut, box, lost, size))

    def _fault(self, cut: _Cut, box: Box, lost: float, size: tuple[int, int]) -> str:
        left, top, right, bottom = box.tolist()
        height, body = bottom - top, cut.body
        foot, visible = body.feet()
        if cut.presence < self.settings.presence:
            return UNSURE
        if lost > self.settings.hidden:
            return HIDDEN
        if left <= 0 or top <= 0 or right >= size[1] or bottom >= size[0] or not body.inside(*size)[:33].all():
            return CUT
        if height < self.settings.height:
            return SMALL
        if visible < self.settings.visibility or foot[1] > bottom + 0.1 * height:
            return NO_FEET
        return NO_HEAD if body.nose[1] < top else ""


component = Component(PoseSettings, Pose)
