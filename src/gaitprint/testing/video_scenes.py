"""Small moving pictures that checkers show to the parts of a video chain: a figure that crosses a still room."""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import UInt8

from gaitprint.video.frames import VideoFrame, VideoInfo
from gaitprint.video.people import Detections

WIDTH, HEIGHT, FPS = 160, 120, 25.0
INFO = VideoInfo(WIDTH, HEIGHT, FPS, None)
FIRST, COUNT = 30, 60
"""The frame with which the figure comes in, and how many frames there are."""

Image = UInt8[np.ndarray, "H W 3"]
Mask = UInt8[np.ndarray, "H W"]


def empty_room(seed: int = 0) -> Image:
    """A room with smooth patches of many colours."""
    small = np.random.default_rng(seed).integers(60, 200, (8, 10, 3), np.uint8)
    room: np.ndarray = cv2.resize(small, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    return room


def figure(index: int) -> Mask:
    """Where the figure is in a frame: a head, a trunk and two legs that open and close; black before it comes."""
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    x = 2 * (index - FIRST) + 30
    if index < FIRST:
        return mask
    stride = abs((index % 12) - 6)
    cv2.circle(mask, (x, 32), 7, 255, -1)
    cv2.ellipse(mask, (x, 56), (9, 20), 0, 0, 360, 255, -1)
    for side in (-1, 1):
        cv2.line(mask, (x, 70), (x + side * stride, 102), 255, 7)
    return mask


def frames(seed: int = 0, noise: float = 2.0, count: int = COUNT) -> Iterator[tuple[VideoFrame, Mask]]:
    """The frames of a clip, each with the mask of the figure in it; equal seeds give equal bytes."""
    rng = np.random.default_rng(seed)
    room = empty_room(seed).astype(np.float32)
    for index in range(count):
        mask = figure(index)
        image = room.copy()
        image[mask > 0] = (20, 30, 40)
        image += rng.normal(0, noise, image.shape)
        clipped = np.clip(image, 0, 255).astype(np.uint8)
        # whoever writes into a frame is seen at once
        clipped.setflags(write=False)
        yield VideoFrame(clipped, index, index / FPS), mask


def known(mask: Mask) -> Detections:
    """What a perfect detector that knows the room says of a frame."""
    if not mask.any():
        return Detections(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), mask)
    x, y, width, height = cv2.boundingRect(mask)
    return Detections(np.array([[x, y, x + width, y + height]], np.float32), np.ones(1, np.float32), mask)


COLOURS = ((200, 40, 60), (30, 180, 70), (50, 60, 190), (210, 190, 40), (120, 130, 140))
"""Red, green and blue of the frames of sample sources, one after another: plain ones survive compression."""


def write_clip(path: Path, size: tuple[int, int] = (64, 48)) -> str:
    """A video file of a frame of each of `COLOURS`, as Motion JPEG in an .avi, which every reader of files knows."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), FPS, size)
    for colour in COLOURS:
        writer.write(np.full((size[1], size[0], 3), colour[::-1], np.uint8))
    writer.release()
    return str(path)


def write_walk(path: Path | str) -> str:
    """The clip of `frames` as a video file."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), FPS, (WIDTH, HEIGHT))
    for frame, _ in frames():
        writer.write(np.ascontiguousarray(frame.image[:, :, ::-1]))
    writer.release()
    return str(path)


def write_images(folder: Path, size: tuple[int, int] = (64, 48)) -> str:
    """The same as a folder of images, whose natural order is another than that of letters."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, colour in enumerate(COLOURS):
        image = np.full((size[1], size[0], 3), colour[::-1], np.uint8)
        cv2.imwrite(str(folder / f"frame{number + 8}.png"), image)
    return str(folder)
