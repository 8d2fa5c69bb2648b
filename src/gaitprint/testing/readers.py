"""What every reader of videos promises, whoever wrote it."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from gaitprint.errors import DataError
from gaitprint.testing.promises import Promises, expect, expect_declares, promises_of
from gaitprint.testing.video_scenes import COLOURS, write_clip, write_images
from gaitprint.video.contracts import OpenVideo, Reader
from gaitprint.video.frames import VideoFrame

COLOUR_TOLERANCE = 12
"""By which compression may change a plain colour."""


def check_reader(name: str) -> None:
    """Try all that a reader owes; see `gaitprint.video.contracts.Reader`.

    It is given a video file and a folder of images; one that takes neither writes a source of its own kind with
    `write_sample(folder)`, of frames of `gaitprint.testing.video_scenes.COLOURS`, and returns its name.

    Args:
        name: of a reader of ours, or the dotted path of a module elsewhere that ends with `component = ...`.

    Raises:
        ContractError: a promise is broken; it says which.
        ComponentError: no reader has that name.
    """
    for about in promises_of("reader", name):
        with about.promise("it is built as Reader(settings), with settings, takes and open"):
            reader: Reader = about.make()
            expect_declares(reader, Reader, ("settings",))
        with TemporaryDirectory() as folder:
            place = Path(folder)
            sources = [write_clip(place / "clip.avi"), write_images(place / "images")]
            with about.promise("it takes video files, folders of images, or what its write_sample(folder) writes"):
                taken = [s for s in sources if reader.takes(s)]
                if not taken:
                    sample = getattr(reader, "write_sample", None)
                    expect(sample is not None, "a reader that takes neither and has no write_sample")
                    taken = [str(sample(place / "sample"))] if sample is not None else []
                    expect(reader.takes(taken[0]), f"its own {taken[0]} not taken")
            for source in taken:
                _check_source(about, reader, source)
            _check_refusals(about, reader, place, taken)


def _check_source(about: Promises, reader: Reader, source: str) -> None:
    with about.promise("what it opens says its size, and gives frames of that size in red, green and blue"):
        video = reader.open(source)
        expect(isinstance(video, OpenVideo), f"a {type(video).__name__} without info, notes, frames or close")
        frames = list(video)
        expect(frames, "no frame at all")
        _check_frames(frames, video)
    with about.promise("a sound source gives no notes"):
        expect(video.notes == (), "; ".join(video.notes))
    with about.promise("it can be closed twice, and in the middle"):
        video.close()
        video.close()
        begun = reader.open(source)
        next(iter(begun))
        begun.close()
        begun.close()
    with about.promise("a source that is opened again gives the same frames, and a frame does not change afterwards"):
        video = reader.open(source)
        kept = [(frame, frame.image.copy()) for frame in video]
        video.close()
        expect(all(np.array_equal(frame.image, copy) for frame, copy in kept), "a frame that changed")
        expect([f.image.tobytes() for f, _ in kept] == [f.image.tobytes() for f in frames], "others")


def _check_frames(frames: list[VideoFrame], video: OpenVideo) -> None:
    size = (video.info.height, video.info.width)
    for frame in frames:
        expect(frame.image.shape[:2] == size, f"frame {frame.index} of {frame.image.shape[:2]}, announced {size}")
        expect(frame.index < len(COLOURS), f"a frame {frame.index} of {len(COLOURS)}")
        wrong = np.abs(frame.image.mean(axis=(0, 1)) - COLOURS[frame.index]).max()
        expect(wrong <= COLOUR_TOLERANCE, f"frame {frame.index} {wrong:.0f} from its colour {COLOURS[frame.index]}")
    numbers, times = [f.index for f in frames], [f.seconds for f in frames]
    expect(numbers == sorted(set(numbers)), f"frames numbered {numbers}")
    expect(times[0] == 0, f"the first frame at {times[0]} s")
    expect(times == sorted(times), f"times that decrease: {times}")


def _check_refusals(about: Promises, reader: Reader, place: Path, taken: list[str]) -> None:
    with about.promise("what is not there, or empty, raises gaitprint.errors.DataError in one line, before any frame"):
        nothing = place / "nothing" / Path(taken[0]).name
        expect(_refused(reader, str(nothing)), "no error about a path where nothing is")
        empty = place / "empty" / Path(taken[0]).name
        empty.parent.mkdir()
        empty.touch() if Path(taken[0]).is_file() else empty.mkdir()
        expect(_refused(reader, str(empty)), "no error about an empty source")
    with about.promise("takes answers about any text, and opens nothing"):
        for text in ("", "nothing", str(place / "nothing"), "\0", "a" * 5000, "strange://host"):
            expect(reader.takes(text) in (True, False), f"no answer about {text[:20]!r}")


def _refused(reader: Reader, source: str) -> bool:
    try:
        reader.open(source).close()
    except DataError as error:
        expect("\n" not in str(error), f"an error of several lines: {error}")
        return True
    return False
