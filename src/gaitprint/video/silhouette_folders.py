"""A tracklet's silhouettes as a folder of PNG images in the size of the video's frames: there whole, or not there."""

import shutil
from pathlib import Path

import cv2

from gaitprint.atomic_files import unwritable
from gaitprint.video.tracklets import Tracklet


def write_silhouettes(folder: Path, tracklet: Tracklet) -> None:
    """Write one image a silhouette, called as its frame's number.

    Frames of the video's size say where the body was, which quality and turns are measured by; black costs few bytes.

    Raises:
        DataError: the folder cannot be written.
    """
    made = folder.with_name(f".{folder.name}.tmp")
    try:
        shutil.rmtree(made, ignore_errors=True)
        made.mkdir(parents=True)
        for index, frame in zip(tracklet.indices, tracklet.raw, strict=True):
            _, data = cv2.imencode(".png", frame, [cv2.IMWRITE_PNG_COMPRESSION, 1])
            (made / f"{index:06d}.png").write_bytes(data.tobytes())
        if folder.exists():
            shutil.rmtree(folder)
        made.rename(folder)
    except OSError as error:
        raise unwritable(folder, error, "run again, it goes on with the video it was at") from None
