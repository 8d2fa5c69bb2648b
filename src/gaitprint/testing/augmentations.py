"""What every augmentation promises, whoever wrote it."""

from dataclasses import replace

import numpy as np

from gaitprint.silhouettes.augmentations import Augmentation
from gaitprint.testing.promises import Promises, expect, expect_declares, promises_of

SIZES = ((30, 64, 44), (4, 32, 22), (3, 128, 88), (1, 64, 44), (2, 2, 2), (2, 1, 1))
"""Frames, rows and columns of the clips that are tried."""


def check_augmentation(name: str) -> None:
    """Try all that an augmentation owes; see `gaitprint.silhouettes.augmentations.Augmentation`.

    Args:
        name: of an augmentation of ours, or the dotted path of a module elsewhere that ends with `component = ...`.

    Raises:
        ContractError: a promise is broken; it says which.
        ComponentError: no augmentation has that name.
    """
    for about in promises_of("augmentation", name):
        with about.promise("it is built as Augmentation(settings), one of them `probability`"):
            always, again = _with(about, 1.0), _with(about, 1.0)
        with about.promise("it has settings, drawn and frames_alike"):
            expect_declares(always, Augmentation, ("settings", "drawn", "frames_alike"))
        _check_clips(about, always)
        _check_chance(about, always, again)
        _check_rates(about, always)
        _check_frames(about, always)
        _check_resolution(about, always)


def _with(about: Promises, probability: float) -> Augmentation:
    example = replace(about.example, settings={**about.example.settings, "probability": probability})
    made: Augmentation = replace(about, example=example).make()
    return made


def _check_clips(about: Promises, augment: Augmentation) -> None:
    for size in SIZES:
        clip = walker(*size)
        before = clip.tobytes()
        at = f"for a clip {list(size)}"
        for seed in range(20):
            with about.promise("a clip keeps its shape and type, float32, and its range, 0 to 1"):
                found = augment(clip, np.random.default_rng(seed))
                expect(found.shape == size, f"{list(found.shape)} {at}")
                expect(found.dtype == np.float32, f"{found.dtype} {at}")
                expect(found.min() >= 0 and found.max() <= 1, f"values from {found.min()} to {found.max()} {at}")
            with about.promise("the clip it is given stays as it was, and shares no memory with another answer"):
                expect(clip.tobytes() == before, f"the given clip changed {at}")
                expect(found is clip or not np.shares_memory(found, clip), f"a view of the given clip {at}")


def _check_chance(about: Promises, augment: Augmentation, again: Augmentation) -> None:
    clip = walker(12, 64, 44)
    outcomes = [augment(clip, np.random.default_rng(seed)).tobytes() for seed in range(12)]
    with about.promise("chance comes from the given generator alone: the same generator, the same bytes"):
        repeated = [again(clip, np.random.default_rng(seed)).tobytes() for seed in range(12)]
        expect(outcomes == repeated, "other bytes from the same generator")
    with about.promise("views of other arrays are taken as they are"):
        clip = walker(4, 64, 44)[::-1, :, ::-1]
        wanted = augment(np.ascontiguousarray(clip), np.random.default_rng(2))
        expect(np.array_equal(augment(clip, np.random.default_rng(2)), wanted), "another answer for a view")
    with about.promise("`drawn` says whether chance decides how a clip is changed, not only whether it is"):
        different = len(set(outcomes))
        fits = different > 6 if augment.drawn else different == 1
        expect(fits, f"drawn = {augment.drawn}, and {different} different outcomes of 12")


def _check_rates(about: Promises, always: Augmentation) -> None:
    with about.promise("probability 0 never changes a clip"):
        clip, generator = walker(4, 64, 44), np.random.default_rng(0)
        never = _with(about, 0.0)
        kept = [np.array_equal(never(clip, generator), clip) for _ in range(20)]
        expect(all(kept), f"{20 - sum(kept)} of 20 changed")
    with about.promise("probability 1 changes clips"):
        changed = [not np.array_equal(always(clip, generator), clip) for _ in range(20)]
        # what is changed can lie beside the body, where nothing shows
        expect(np.mean(changed) > 0.7, f"{20 - sum(changed)} of 20 as they were")
    with about.promise("probability 0.4 changes four clips of ten"):
        # stripes all over: wherever a change falls, it shows
        striped = np.zeros((1, 64, 44), np.float32)
        striped[:, :, ::3] = 1
        some, generator = _with(about, 0.4), np.random.default_rng(3)
        rate = np.mean([not np.array_equal(some(striped, generator), striped) for _ in range(400)])
        expect(0.3 < rate < 0.5, f"{100 * rate:.0f} of 100")


def _check_frames(about: Promises, augment: Augmentation) -> None:
    """Otherwise the way somebody walks would be destroyed; in frames that are the same nothing may move."""
    standing, clip = np.repeat(walker(1, 64, 44), 6, axis=0), walker(6, 64, 44)
    still = [_same_frames(augment(standing, np.random.default_rng(seed))) for seed in range(10)]
    with about.promise("`frames_alike` says whether all frames of a clip are changed alike"):
        if augment.frames_alike:
            expect(all(still), f"frames that were the same differ in {10 - sum(still)} of 10 clips")
            whole = augment(clip, np.random.default_rng(7))
            # each frame starts from the same generator, so what is drawn is the same
            alone = [augment(clip[t : t + 1], np.random.default_rng(7))[0] for t in range(6)]
            expect(np.array_equal(whole, np.stack(alone)), "a frame by itself is changed otherwise")
        else:
            expect(not all(still), "frames_alike = False, and all frames are changed alike")


def _check_resolution(about: Promises, augment: Augmentation) -> None:
    """Averaged over 2 x 2 pixels, the change of a larger clip is nearly the larger clip's change, averaged."""
    with about.promise("a setting means the same at twice the resolution: lengths are shares of the height"):
        large = walker(3, 256, 176)
        small = _halved(large)
        for seed in range(8):
            wanted = _halved(augment(large, np.random.default_rng(seed)))
            off = np.abs(augment(small, np.random.default_rng(seed)) - wanted).mean()
            expect(off < 0.02, f"a mean difference of {off:.3f}")


def _halved(clip: np.ndarray) -> np.ndarray:
    return np.asarray(clip.reshape(len(clip), clip.shape[1] // 2, 2, clip.shape[2] // 2, 2).mean(axis=(2, 4)))


def _same_frames(clip: np.ndarray) -> bool:
    return all(np.array_equal(frame, clip[0]) for frame in clip)


def walker(frames: int, height: int, width: int) -> np.ndarray:
    """Read-only float32 [T, H, W]: a body of a head, a trunk and two legs that move, grey at its left edge."""
    rows = (np.arange(height)[:, None] + 0.5) / height
    columns = (np.arange(width)[None, :] + 0.5) / height - width / height / 2
    clip = np.zeros((frames, height, width), np.float32)
    for t in range(frames):
        stride = 0.15 * np.sin(t)
        trunk = (abs(columns) < 0.12) & (rows < 0.6) & ((rows > 0.15) | (abs(columns) < 0.06))
        legs = [(abs(columns - side * (rows - 0.6)) < 0.05) & (rows >= 0.6) for side in (stride, -stride)]
        clip[t] = trunk | legs[0] | legs[1]
        clip[t, :, : width // 2] *= np.float32(0.75)
    clip.setflags(write=False)
    return clip
