"""What videos are called in keys of walks, and names of files: short, plain, and each once."""

import re
from collections.abc import Collection, Sequence
from pathlib import Path

from gaitprint.atomic_files import sha256_of
from gaitprint.video.video_source import is_live, shown_source
from gaitprint.video.walks import VideoName


def video_names(sources: Sequence[str], camera: str = "") -> tuple[VideoName, ...]:
    """A name for each source; of two with the same, the second gets a number.

    Args:
        sources: as they are opened.
        camera: of all of them; "": `default` for files, their own names for cameras and streams.
    """
    names: list[VideoName] = []
    for source in sources:
        plain = plain_name(source)
        place = camera or (plain if is_live(source) else "default")
        names.append(VideoName(free_name(plain, [n.name for n in names]), place))
    return tuple(names)


def plain_name(source: str) -> str:
    """A name for keys and folders: of a file its own without the ending, of an address all of it but the password.

    >>> plain_name("footage/front door.mp4"), plain_name("rtsp://me:secret@10.0.0.7/door")
    ('front-door', '10.0.0.7-door')
    """
    shown = shown_source(source)
    plain = shown.partition("://")[2] or shown if is_live(source) else Path(shown).stem
    return re.sub(r"[^\w.-]+", "-", plain).strip("-.")[:80] or "video"


def free_name(name: str, taken: Collection[str]) -> str:
    """The name, with a number behind it where it is taken."""
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}-{number}"
    return free


def file_stamp(path: Path) -> str:
    """Changes when the file does, or a file directly in the folder: by names, sizes and times; "" where there is none.

    >>> file_stamp(Path("no such file"))
    ''
    """
    if not path.exists():
        return ""
    files = sorted(p for p in path.iterdir() if p.is_file()) if path.is_dir() else [path]
    facts = [(p.name, p.stat().st_size, p.stat().st_mtime_ns) for p in files]
    return sha256_of(repr(facts))[:16]
