"""Composite clips as files: what was written comes back, nearly."""

from pathlib import Path

import numpy as np
import pytest

from gaitprint.errors import DataError
from gaitprint.video.composites.clip import composite_clip
from gaitprint.video.composites.settings import CompositeSettings
from gaitprint.video.composites.writing import write_clip
from gaitprint.video.frames import VideoFrame

av = pytest.importorskip("av")


@pytest.mark.parametrize("codec", ["h264", "mpeg4"])
def test_a_clip_comes_back(tmp_path: Path, codec) -> None:
    settings = CompositeSettings(160, 120, seconds=1.0, smallest=50.0, largest=70.0)
    frames = [f.frame for f in composite_clip(settings, np.random.default_rng(0))]
    assert write_clip(tmp_path / "clip.mp4", frames, 25.0, codec) == 25
    with av.open(str(tmp_path / "clip.mp4")) as file:
        assert file.streams.video[0].average_rate == 25
        found = [frame.to_ndarray(format="rgb24") for frame in file.decode(video=0)]
    assert len(found) == 25
    assert max(np.abs(f.astype(int) - g.image).mean() for f, g in zip(found, frames, strict=True)) < 6
    write_clip(tmp_path / "again.mp4", frames, 25.0, codec)
    assert (tmp_path / "again.mp4").read_bytes() == (tmp_path / "clip.mp4").read_bytes()


def test_what_cannot_be_written_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="found none"):
        write_clip(tmp_path / "clip.mp4", [], 25.0)
    with pytest.raises(DataError, match="of one even size"):
        write_clip(tmp_path / "clip.mp4", [VideoFrame(np.zeros((65, 64, 3), np.uint8), 0, 0.0)], 25.0)
