"""From videos to names, on walkers drawn in code: `make demo-video`, or python examples/video_demo.py demo OUT.

Draws one clip for each of five people and one of two who pass each other, one of them known; then runs the commands
that you would run on videos of your own, and says what to look at. Drawn walkers are not people: what this shows is
that everything runs.
"""

import subprocess
import sys
from pathlib import Path

import numpy as np

from gaitprint.video.composites.clip import composite_clip
from gaitprint.video.composites.settings import CompositeSettings
from gaitprint.video.composites.writing import write_clip

KNOWN = (1, 2, 3, 4, 5)
"""Subjects of the data set `synthetic`."""
SEEN = (2, 9)
"""Number 9 is a stranger."""


def draw(path: Path, subjects: tuple[int, ...], condition: str, seconds: float) -> None:
    """Write a clip of walkers who pass each other, unless it is there."""
    if not path.exists():
        print(f"drawing {path}", flush=True)
        settings = CompositeSettings(subjects=subjects, condition=condition, seconds=seconds)
        place = np.random.default_rng(0)
        frames = (drawn.frame for drawn in composite_clip(settings, place))
        write_clip(path, frames, settings.fps)


def run(*words: object) -> None:
    """Run a command of gaitprint, and show it."""
    print("\n$ gaitprint", *words, flush=True)
    subprocess.run([sys.executable, "-m", "gaitprint", *map(str, words)], check=True)


def main(model: Path, out: Path) -> None:
    """Draw, embed the known, name the seen."""
    out.mkdir(parents=True, exist_ok=True)
    gallery: list[object] = []
    for subject in KNOWN:
        clip, vectors = out / f"person-{subject}.mp4", out / f"person-{subject}.safetensors"
        draw(clip, (subject,), "nm-01", 9)
        if not vectors.exists():
            run("video", "embed", clip, vectors, "--model", model, "--subject", f"{subject:03}", "--max-frames", 40)
        gallery += ["--gallery", vectors]
    footage = out / "footage.mp4"
    draw(footage, SEEN, "nm-02", 12)
    run("video", "extract", footage, out / "silhouettes", "--detector", "ssd", "--segmenter", "pose")
    named = ("--model", model, *gallery, "--fpir", "20%")
    run("video", "identify", footage, *named, "--report", out / "who.html")
    run("video", "annotate", footage, out / "named.mp4", *named)
    print(f"\nLook at {out / 'named.mp4'}, {out / 'who.html'} and {out / 'silhouettes' / 'index.html'}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) / "gaitgl" / "model.safetensors", Path(sys.argv[2]))
