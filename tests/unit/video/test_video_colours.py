"""Colours of trunk and legs, counted pixel by pixel, tell people in different clothes apart."""

import cv2
import numpy as np
import pytest

from gaitprint.video.tracking.colours import blend, body_colours, colour_distance

BOX = np.array([20, 10, 60, 110], np.float32)


def somebody(trunk: tuple[int, int, int], legs: tuple[int, int, int], seed: int = 0) -> np.ndarray:
    image = np.full((130, 90, 3), 128, np.uint8)
    image[10:60, 20:60] = trunk
    image[60:110, 20:60] = legs
    noise = np.random.default_rng(seed).normal(0, 6, image.shape)
    return np.clip(image + noise, 0, 255).astype(np.uint8)


def slow_colours(image: np.ndarray) -> np.ndarray:
    """BOX alone: columns 31 to 49 of trunk (rows 28 to 58) and legs (rows 62 to 95)."""
    result = []
    for first, last in ((28, 58), (62, 95)):
        lab = cv2.cvtColor(image[first:last, 31:49].copy(), cv2.COLOR_RGB2LAB)
        for channel, (low, width) in enumerate(((0, 32.0), (98, 7.5), (98, 7.5))):
            bins = np.zeros(8)
            for value in lab[:, :, channel].ravel().tolist():
                place = min(max(int(np.floor((value - low) / width)), 0), 7)
                bins[place] += 0.5
                for beside in (place - 1, place + 1):
                    if 0 <= beside < 8:
                        bins[beside] += 0.25
            result.append(np.sqrt(bins / bins.sum() / 6))
    return np.concatenate(result)


def test_colours_are_counted_pixels() -> None:
    image = somebody((180, 40, 60), (30, 30, 90))
    found = body_colours(image, BOX)
    assert found is not None
    np.testing.assert_allclose(found, slow_colours(image), atol=1e-6)
    assert (found**2).sum() == pytest.approx(1, abs=1e-5)


def test_who_wears_the_same_is_near_and_who_does_not_is_far() -> None:
    red, again = (body_colours(somebody((180, 40, 60), (30, 30, 90), seed), BOX) for seed in (0, 1))
    darker = body_colours((somebody((180, 40, 60), (30, 30, 90)) * 0.9).astype(np.uint8), BOX)
    green = body_colours(somebody((40, 150, 60), (30, 30, 90)), BOX)
    assert red is not None
    assert again is not None
    assert darker is not None
    assert green is not None
    assert colour_distance(red, red) < 1e-3
    assert colour_distance(red, again) < 0.1
    assert colour_distance(red, darker) < 0.35 < colour_distance(red, green)
    assert colour_distance(blend(red, green, 0.5), red) < colour_distance(red, green)
    np.testing.assert_allclose(blend(red, green, 1.0), green, atol=1e-6)


def test_a_large_person_is_looked_at_in_part_and_a_hidden_one_not_at_all() -> None:
    image = somebody((180, 40, 60), (30, 30, 90))
    large = cv2.resize(image, None, fx=8, fy=8, interpolation=cv2.INTER_NEAREST)
    small, big = body_colours(image, BOX), body_colours(large, BOX * 8)
    assert small is not None
    assert big is not None
    assert colour_distance(small, big) < 0.1
    for box in ([-50, 10, -10, 110], [20, 100, 60, 200], [20, 10, 24, 110], [500, 10, 540, 110]):
        assert body_colours(image, np.array(box, np.float32)) is None
