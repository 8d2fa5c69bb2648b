"""Synthetic walkers: a data set drawn in code, to try a whole pipeline without data."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from jaxtyping import Float32

from gaitprint.archives import Files
from gaitprint.components import Component
from gaitprint.config import require, require_lists
from gaitprint.layouts.contract import FoundSequence, Split
from gaitprint.layouts.splits import choose_split
from gaitprint.layouts.tree import Level, Tree, scan_levels
from gaitprint.synthetic.camera import PITCH, Camera, photograph
from gaitprint.synthetic.flesh import come_into_view, meet_in_the_flesh, photograph_flesh, walk_in_the_flesh
from gaitprint.synthetic.gait import joint_paths, stride_length
from gaitprint.synthetic.raster import ROWS, SIZE
from gaitprint.synthetic.solids import Solids, bag_kind, bag_side, dress
from gaitprint.synthetic.street import meet, stand_somewhere, walk_in_the_street
from gaitprint.synthetic.traits import Body, Manner, Outfit, draw, vary
from gaitprint.types import Frames, SequenceRecord

CONDITIONS = tuple(f"{kind}-{i:02d}" for kind, last in (("nm", 6), ("bg", 2), ("cl", 2)) for i in range(1, last + 1))
VIEWS = tuple(f"{angle:03d}" for angle in range(0, 181, 18))
TREE = Tree(
    "synthetic",
    (
        Level("subject", "001", r"[0-9]{3,}"),
        Level("condition", "nm-01", r"(nm|bg|cl)-[0-9]{2}"),
        Level("view", "090", r"[0-9]{3}"),
    ),
)

_BODY_JITTER, _MANNER_JITTER, _OUTFIT_JITTER = 0.35, 0.60, 0.60
"""How much a trait moves from one sequence of a subject to the next, in parts of its spread over subjects."""
_HEADING_JITTER, _PITCH_JITTER = 3.0, 1.0
"""Degrees by which people miss the marked line, and by which cameras differ in looking down."""
_MOST_SEQUENCES, _MOST_FRAMES = 10_000_000, 10_000
"""More would take weeks, or more memory than there is."""
_SUBJECT, _WALK, _CAMERA, _STUDIO, _DAY = range(5)
"""What a generator is for: its number goes into its seed."""


@dataclass(frozen=True)
class SyntheticSettings:
    """Settings of the walkers: how many there are, what they do, and from where they are seen."""

    subjects: int = 40
    """Number of subjects."""
    seed: int = 0
    """Another seed gives other people."""
    frames: int = 30
    """Frames of every sequence, at 25 a second; a stride lasts about 27."""
    conditions: tuple[str, ...] = CONDITIONS
    """``nm-..`` walks normally, ``bg-..`` carries a bag, ``cl-..`` wears a coat."""
    views: tuple[str, ...] = VIEWS
    """Camera angles in degrees: ``000`` sees the walker come, ``090`` from the left, ``180`` from behind."""
    start: int = 1
    """Number of the first subject; a subject looks the same in every set of one seed that has them."""

    world: Literal["studio", "street", "bodies"] = "studio"
    """``studio``: far cameras in a ring, one bag and one coat a person. ``street``: clothes drawn anew for every day
    (two ``nm`` walks and a ``bg`` walk), and for every walk its speed, path, camera height and distance. ``bodies``: as
    ``street``, but of meshes of human bodies, not of capsules; it needs numba."""

    def __post_init__(self) -> None:
        require_lists(self)
        require(self.subjects >= 1, f"subjects must be at least 1, found {self.subjects}")
        require(self.seed >= 0, f"seed must be at least 0, found {self.seed}")
        require(self.frames >= 1, f"frames must be at least 1, found {self.frames}")
        require(self.start >= 0, f"start must be at least 0, found {self.start}")
        require(self.frames <= _MOST_FRAMES, f"frames are at most {_MOST_FRAMES:,}, found {self.frames:,}")
        require(bool(self.conditions) and bool(self.views), "conditions and views need at least one entry each")
        for condition in self.conditions:
            kind, _, number = condition.partition("-")
            fits = kind in {"nm", "bg", "cl"} and len(number) == 2 and number.isascii() and number.isdigit()
            require(fits, f"a condition is nm-01, bg-01, cl-01 or the like, found {condition!r}")
        for view in self.views:
            fits = len(view) == 3 and view.isascii() and view.isdigit() and int(view) < 360
            require(fits, f"a view is three digits of degrees below 360, such as '090', found {view!r}")
        sequences = self.subjects * len(self.conditions) * len(self.views)
        wanted = f"subjects x conditions x views are at most {_MOST_SEQUENCES:,} sequences, found {sequences:,}"
        require(sequences <= _MOST_SEQUENCES, f"{wanted}: lower subjects")


def walkers(settings: SyntheticSettings) -> Iterator[tuple[SequenceRecord, Frames]]:
    """Every sequence in key order: its record and its normalised frames, uint8 [T, 64, 64].

    A sequence depends on the seed, the subject, the condition, the view and the number of frames alone; the views of
    one subject and condition show the same walk.
    """
    for subject in range(settings.start, settings.start + settings.subjects):
        for condition in sorted(set(settings.conditions)):
            for view, frames in zip(*film(settings, subject, condition), strict=True):
                name = f"{subject:03d}"
                yield SequenceRecord(f"{name}/{condition}/{view}", name, condition, view), frames


def film(settings: SyntheticSettings, subject: int, condition: str) -> tuple[list[str], list[Frames]]:
    """One walk of one subject: the views, sorted, and the frames of each."""
    views = sorted(set(settings.views))
    draws = [_generator(settings.seed, subject, _CAMERA, condition, v) for v in views]
    outlines = np.stack([_raggedness(chance, settings.frames, settings.world) for chance in draws], axis=1)
    if settings.world != "studio":
        day = _generator(settings.seed, subject, _DAY, _day(condition))
        chance = _generator(settings.seed, subject, _WALK, condition)
        someone = _generator(settings.seed, subject, _SUBJECT)
        cameras = tuple(stand_somewhere(float(v), own) for v, own in zip(views, draws, strict=True))
        if settings.world == "bodies":
            moving = walk_in_the_flesh(meet_in_the_flesh(someone), condition[:2], settings.frames, day, chance)
            hidden = np.stack([come_into_view(settings.frames, own) for own in draws])
            return views, list(photograph_flesh(moving, cameras, outlines, hidden))
        solids = walk_in_the_street(meet(someone), condition[:2], settings.frames, day, chance)
    else:
        solids = walk_once(settings.seed, subject, condition, settings.frames)
        studio = _generator(settings.seed, subject, _STUDIO, condition)
        heading, pitch = studio.normal((0.0, PITCH), (_HEADING_JITTER, _PITCH_JITTER))
        cameras = tuple(Camera(float(v) + heading, float(pitch)) for v in views)
    return views, list(photograph(solids, cameras, outlines))


def walk_once(seed: int, subject: int, condition: str, frames: int) -> Solids:
    """The moving body of one subject in one condition."""
    # drawn one after another from one generator: their order is part of what a seed stands for, and so is that of the
    # traits within each
    someone = _generator(seed, subject, _SUBJECT)
    body, manner, outfit = draw(Body, someone), draw(Manner, someone), draw(Outfit, someone)
    chance = _generator(seed, subject, _WALK, condition)
    body, manner = vary(body, _BODY_JITTER, chance), vary(manner, _MANNER_JITTER, chance)
    kind = condition[:2]
    held = bag_side(outfit) if kind == "bg" and bag_kind(outfit) != "back" else None
    free = 0.7 if kind == "cl" else 1.0
    arms = (0.35 if held == "left" else free, 0.35 if held == "right" else free)
    outfit = vary(outfit, _OUTFIT_JITTER, chance)
    phase = chance.uniform() + np.arange(frames) / stride_length(manner)
    return dress(joint_paths(body, manner, phase, arms), body, outfit, kind)


def _day(condition: str) -> str:
    """Which day a walk is on: two ``nm`` walks and a ``bg`` walk are of one day, and so are two ``cl`` walks."""
    kind, number = condition[:2], int(condition[3:])
    return f"coat {(number + 1) // 2}" if kind == "cl" else f"{(number + 1) // 2 if kind == 'nm' else number}"


def _raggedness(generator: np.random.Generator, frames: int, world: str) -> Float32[np.ndarray, "2 T R"]:
    """What segmentation does to an outline: pixels by which it stands out, smooth along the rows."""
    rows = SIZE * ROWS
    knots = rows // 6 + 1
    place = np.arange(rows) / 6
    index = place.astype(np.intp)
    weight = place - index
    # in the street the outline is as ragged, but not wider or narrower for a whole walk: real ones are not
    spread = 0.25 if world == "studio" else 0.05
    rough = generator.normal(generator.normal(0.0, spread), 0.30, (2, frames, knots + 1))
    # none at crown and soles: the narrow spans there would vanish, and the body would be a row lower
    rough[:, :, 0] = rough[:, :, -2:] = 0.0
    return (rough[:, :, index] * (1 - weight) + rough[:, :, index + 1] * weight).astype(np.float32)


def _generator(seed: int, subject: int, purpose: int, *names: str) -> np.random.Generator:
    # a generator for each purpose: more draws for one do not move the others
    return np.random.default_rng(np.random.SeedSequence([seed, subject, purpose, *"/".join(names).encode()]))


class SyntheticWalkers:
    """Made by `walkers`, not found; a tree they were written to, one .npy file a sequence, can be read back."""

    title = "Synthetic walkers: any number of people, 11 views, bags and coats; drawn in code, free of any licence"
    splits: tuple[str, ...] = ("half", "most")
    protocols: tuple[str, ...] = ("casia-b", "casia-b-cross-view")
    strictness = 0
    drawn = True

    def __init__(self, settings: SyntheticSettings) -> None:
        self.settings = settings

    def scan(self, files: Files) -> list[FoundSequence]:
        """See `Layout.scan`."""
        return scan_levels(files, TREE)

    def split(self, name: str | None, subjects: Iterable[str]) -> Split:
        """``half``: the first half trains, the larger one of an odd number. ``most``: all but a tenth trains."""
        known = sorted(set(subjects))
        half, most = (frozenset(known[:count]) for count in ((len(known) + 1) // 2, len(known) - -(-len(known) // 10)))
        return choose_split("synthetic", name, {"half": half.__contains__, "most": most.__contains__}, known)

    def records(self) -> tuple[SequenceRecord, ...]:
        """See `DrawingLayout.records`."""
        s = self.settings
        names = [f"{subject:03d}" for subject in range(s.start, s.start + s.subjects)]
        where = [(condition, view) for condition in sorted(set(s.conditions)) for view in sorted(set(s.views))]
        return tuple(SequenceRecord(f"{name}/{c}/{v}", name, c, v) for name in names for c, v in where)

    def draw(self) -> Iterator[tuple[SequenceRecord, Frames]]:
        """See `DrawingLayout.draw`."""
        return walkers(self.settings)

    def write_miniature(self, root: Path) -> None:
        """Four subjects, four conditions, two views."""
        conditions = ("nm-01", "nm-05", "bg-01", "cl-01")
        tiny = SyntheticSettings(4, self.settings.seed, 6, conditions, ("000", "090"))
        for record, frames in walkers(tiny):
            leaf = Path(root) / record.key
            leaf.mkdir(parents=True, exist_ok=True)
            np.save(leaf / f"{record.view}.npy", frames, allow_pickle=False)


component = Component(SyntheticSettings, SyntheticWalkers)
