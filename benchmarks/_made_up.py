"""Made-up data for the benchmarks: raw frames of walkers as a camera's segmentation would leave them."""

from pathlib import Path

import cv2
import numpy as np

from gaitprint.datasets.synthetic import SyntheticSettings, walkers

HEIGHT, WIDTH = 240, 320


def write_raw(root: Path, sequences: int, frames: int, seed: int = 0) -> int:
    """Write `<root>/<subject>/<condition>/<view>/001.png`, black and white, 320 x 240; returns the frames written."""
    count = 0
    subjects = -(-sequences // 11)
    settings = SyntheticSettings(subjects, seed, frames, ("nm-01",))
    for number, (record, silhouettes) in enumerate(walkers(settings)):
        if number == sequences:
            break
        leaf = root / record.key
        leaf.mkdir(parents=True)
        for t, frame in enumerate(raw_frames(silhouettes), start=1):
            cv2.imwrite(str(leaf / f"{t:03d}.png"), frame)
            count += 1
    return count


def raw_frames(silhouettes: np.ndarray) -> np.ndarray:
    """Silhouettes 64 x 64 as black and white frames 240 x 320 of a body 130 pixels high that crosses them."""
    result = np.zeros((len(silhouettes), HEIGHT, WIDTH), np.uint8)
    for t, frame in enumerate(silhouettes):
        large = cv2.resize(frame, (130, 130), interpolation=cv2.INTER_LINEAR)
        left = round(5 + (WIDTH - 140) * t / max(1, len(silhouettes) - 1))
        result[t, 60:190, left : left + 130] = np.where(large > 127, 255, 0)
    return result
