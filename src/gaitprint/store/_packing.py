"""The three forms of frames in a store: compact and raw lose nothing, bits keep black and white only.

Compact and bits are cut into chunks of a few frames, each compressed by itself, so that a window of frames costs the
chunks it touches. A blob of either starts with the sizes of its chunks, uint32 each.
"""

import hashlib
import threading
from dataclasses import dataclass
from itertools import accumulate
from math import ceil
from typing import Literal, get_args

import numpy as np
import zstandard
from jaxtyping import UInt8

from gaitprint.errors import ShapeError
from gaitprint.types import Frames, check_frames

Form = Literal["compact", "raw", "bits"]
"""``compact``: compressed without loss, about a thirteenth of the bytes; ``raw``: one byte a pixel, memory-mapped as
it is; ``bits``: pixels above 127 become 255, all others 0, then compressed."""
FORMS: tuple[Form, ...] = get_args(Form)

CHUNK = 8
"""Frames compressed together: a window of 30 unpacks 35 on average, and longer chunks are hardly smaller."""
_LEVEL = 3
_SIZE = np.dtype("<u4")
MAX_PIXELS = 2**24
"""Of a frame: a chunk of a hostile store unpacks to 128 MiB at most."""


@dataclass(frozen=True)
class Packed:
    """One sequence as it is stored."""

    blob: bytes
    length: int
    """T."""
    size: tuple[int, int]
    """H, W of every frame."""
    sha256: str
    """Of the frames' bytes as they come back: all forms but ``bits`` share it."""


def pack(frames: Frames, form: Form, name: str = "frames") -> Packed:
    """Pack one sequence.

    Args:
        frames: uint8 [T, H, W].
        form: see `Form`.
        name: for errors.

    Raises:
        ShapeError: not uint8 [T >= 1, H, W], or over 16 megapixels a frame.
    """
    check_frames(frames, name)
    if frames[0].size > MAX_PIXELS:
        raise ShapeError(f"{name}: frames have at most {MAX_PIXELS} pixels, found {list(frames.shape)}")
    data = np.ascontiguousarray(frames)
    if form == "raw":
        blob = data.tobytes()
        return Packed(blob, len(data), data.shape[1:], hashlib.sha256(blob).hexdigest())
    rows = data.reshape(len(data), -1)
    if form == "bits":
        white = rows > 127
        # of the frames as they come back, 0 and 255: a store of bits of frames that were black and white already has
        # the checksums of a compact one
        digest = hashlib.sha256((white * np.uint8(255)).data).hexdigest()
        rows = np.packbits(white, axis=1)
    else:
        digest = hashlib.sha256(data.data).hexdigest()
    compress = _contexts.compressor.compress
    chunks = [compress(rows[i : i + CHUNK].data) for i in range(0, len(rows), CHUNK)]
    blob = np.array([len(c) for c in chunks], _SIZE).tobytes() + b"".join(chunks)
    return Packed(blob, len(data), data.shape[1:], digest)


def unpack(
    blob: UInt8[np.ndarray, " bytes"], form: Form, length: int, size: tuple[int, int], start: int, stop: int
) -> Frames:
    """Frames start..stop-1 of a packed sequence, read-only.

    Raises:
        ValueError: the blob is damaged; which sequence it is, the caller knows.
    """
    height, width = size
    if form == "raw":
        if len(blob) != length * height * width:
            raise ValueError(f"holds {len(blob)} bytes, not {length} x {height} x {width}")
        return blob.reshape(length, height, width)[start:stop]
    if start >= stop:
        return np.zeros((0, height, width), np.uint8)
    row = height * width if form == "compact" else ceil(height * width / 8)
    count = -(-length // CHUNK)
    table = count * _SIZE.itemsize
    # the table is as hostile as the rest: a cut blob gives fewer ends than chunks, a wrong size an end elsewhere
    ends = list(accumulate(blob[:table].view(_SIZE).tolist(), initial=table))
    if len(ends) != count + 1 or ends[-1] != len(blob):
        raise ValueError(f"its {count} chunks do not fill {len(blob)} bytes")
    # -(-a // b) rounds up
    first, last = start // CHUNK, -(-stop // CHUNK)
    view = blob.data
    # bytes put together once: arrays of every chunk would cost a window a tenth of its time
    chunks = [_inflate(view[ends[i] : ends[i + 1]], min(CHUNK, length - i * CHUNK) * row) for i in range(first, last)]
    rows = np.frombuffer(b"".join(chunks), np.uint8).reshape(-1, row)[start - first * CHUNK : stop - first * CHUNK]
    if form == "bits":
        rows = np.unpackbits(rows, axis=1, count=height * width) * np.uint8(255)
    frames: Frames = rows.reshape(-1, height, width)
    # `unpackbits` gives an array of one's own, `frombuffer` one that cannot be written to: readers see no difference
    frames.flags.writeable = False
    return frames


def _inflate(data: memoryview, expected: int) -> bytes:
    try:
        # the size is that of the frame's header, or a damaged header could ask for any memory
        if zstandard.frame_content_size(data) != expected:
            raise ValueError(f"a chunk is not of {expected} bytes")
        return _contexts.decompressor.decompress(data, max_output_size=expected)
    except zstandard.ZstdError as error:
        raise ValueError(str(error)) from None


class _Contexts(threading.local):
    """What zstandard keeps between calls; one of each a thread, since they are not to be shared."""

    def __init__(self) -> None:
        self.compressor = zstandard.ZstdCompressor(level=_LEVEL)
        self.decompressor = zstandard.ZstdDecompressor()


_contexts = _Contexts()
