"""What people name when they name a video: a file, a folder of images, a camera, a stream."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from gaitprint.components import component_names, make_component
from gaitprint.errors import DataError
from gaitprint.video.contracts import Reader

AUTO = "auto"
STREAMS = ("rtsp", "rtsps", "rtmp", "http", "https", "udp", "tcp", "srt", "rtp")
"""Schemes of addresses that are opened over a network."""
_CAMERA = re.compile(r"camera:([0-9]{1,3})|/dev/video([0-9]{1,3})")


def camera_number(source: str) -> int | None:
    """The number of a camera of this machine, named `camera:0` or `/dev/video0`; None for anything else."""
    match = _CAMERA.fullmatch(source)
    return None if match is None else int(match[1] or match[2])


def is_stream(source: str) -> bool:
    """Whether this is an address such as `rtsp://host/path`."""
    scheme, mark, _ = source.partition("://")
    return bool(mark) and scheme.lower() in STREAMS


def is_live(source: str) -> bool:
    """Whether this is a camera or a stream: it waits for nobody, and comes back or not."""
    return is_stream(source) or camera_number(source) is not None


def what_is_at(source: str) -> Literal["file", "folder", "other", "nothing"]:
    """What a path leads to; no text is too odd to be asked about."""
    if not source:  # a shell variable that was not set, and not the folder one is in
        return "nothing"
    try:
        path = Path(source)
        if path.is_file():
            return "file"
        if path.is_dir():
            return "folder"
        return "other" if path.exists() or path.is_symlink() else "nothing"
    except (OSError, ValueError):  # a name that no system would take
        return "nothing"


def shown_source(source: str) -> str:
    """A source as it may be shown and kept: one printable line, an address without user, password and query.

    >>> shown_source("rtsp://admin:secret@10.0.0.7:554/door?token=1")
    'rtsp://10.0.0.7:554/door'
    """
    if is_stream(source):
        parts = urlsplit(source)
        source = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
    return "".join(c if c.isprintable() else "?" for c in source[:300])


def reader_for(source: str, name: str = AUTO, settings: Mapping[str, Any] | None = None) -> Reader:
    """The reader of a source: the named one, or with "auto" the first of ours that takes it.

    Raises:
        ComponentError: no reader has that name. ConfigError: a setting is none of its.
        DataError: with "auto", no reader takes it.
    """
    if name != AUTO:
        made: Reader = make_component("reader", name, dict(settings or {}), f"the reader {name}")
        return made
    for usual in component_names("reader"):
        reader: Reader = make_component("reader", usual)
        if reader.takes(source):
            return reader_for(source, usual, settings) if settings else reader
    raise DataError(_unknown(source))


def _unknown(source: str) -> str:
    scheme, mark, _ = source.partition("://")
    if mark:
        return f"{shown_source(source)}: no reader knows {scheme}://, expected one of {', '.join(STREAMS)}"
    if what_is_at(source) != "nothing":
        return f"{shown_source(source)} is neither a video file nor a folder of images"
    named = shown_source(source) or "an empty name"
    return f"no video at {named}: expected a file, a folder of images, camera:0 or an address such as rtsp://host/path"
