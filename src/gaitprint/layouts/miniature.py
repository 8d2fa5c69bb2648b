"""Made-up silhouettes for the miniatures of layouts: boxes that sway, told apart by their width."""

import pickle
from pathlib import Path

import cv2
import numpy as np

from gaitprint.types import Frames


def figure(number: int, frames: int = 6, height: int = 64, width: int = 64) -> Frames:
    """Frames uint8 [T, height, width] of subject `number`: a box as high as the picture that sways by a few pixels."""
    result = np.zeros((frames, height, width), np.uint8)
    half = width // 10 + number % 7
    for t in range(frames):
        centre = width // 2 + (t * (1 + number % 3)) % 5 - 2
        result[t, 1 + t % 2 : height - 1, centre - half : centre + half] = 255
    return result


def write_array(leaf: Path, frames: np.ndarray, name: str | None = None) -> None:
    """One processed sequence as the field's reference toolkit keeps it: `<leaf>/<leaf's name>.pkl`."""
    leaf.mkdir(parents=True, exist_ok=True)
    with (leaf / f"{name or leaf.name}.pkl").open("wb") as stream:
        pickle.dump(frames, stream, protocol=4)


def write_images(leaf: Path, frames: Frames, pattern: str = "{:03d}.png") -> None:
    """One sequence as a folder of images, numbered from 1."""
    leaf.mkdir(parents=True, exist_ok=True)
    for t, frame in enumerate(frames, start=1):
        cv2.imwrite(str(leaf / pattern.format(t)), frame)
