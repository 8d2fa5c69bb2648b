"""A run's figures as TensorBoard event files, written without TensorBoard: its format is a page long.

An event file is a row of records: length (8 bytes), its checksum (4), the event, its checksum (4), little-endian; the
checksum is CRC-32C, rotated and shifted by a constant. The event is a protocol buffer of a wall time, a step, and named
floats. Nothing has to be installed for that; the program `tensorboard` is needed only to look at the curves.
"""

import struct
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from gaitprint.atomic_files import atomic_file

_FLUSH_EVERY = 5.0
"""Seconds: somebody may be looking on."""
_VERSION = b"\x1a\x0dbrain.Event:2"
"""Field 3 of the first event of every file."""


def _crc_table() -> tuple[int, ...]:
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)  # the Castagnoli polynomial, bits reversed
        table.append(value)
    return tuple(table)


_TABLE = _crc_table()


class CurvesWriter:
    """Appends events to one file; see `curves_writer`."""

    def __init__(self, path: Path) -> None:
        self._stream = path.open("ab")
        self._flushed = time.monotonic()

    def add(self, iteration: int, figures: Mapping[str, float]) -> None:
        """One point of every curve that `figures` names, at `iteration`.

        Raises:
            OSError: the disk is full.
        """
        self._stream.write(record(event(time.time(), iteration, figures)))
        if time.monotonic() - self._flushed >= _FLUSH_EVERY:
            self._stream.flush()
            self._flushed = time.monotonic()

    def close(self) -> None:
        """Write what is left and close the file; once is enough."""
        self._stream.close()

    def __enter__(self) -> "CurvesWriter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def curves_writer(folder: Path, start: int, history: Iterable[Mapping[str, float | int]] = ()) -> CurvesWriter:
    """A writer of event files in `folder`, for a run that goes on after `start` iterations.

    Every session begins a file of its own that holds all events up to `start`, copied byte for byte, and removes the
    earlier ones: no event is there twice, however often a run was killed, and a reader who looks on meets a new file
    instead of one that changes under it. What the earlier files lack is taken from `history`, so that curves which
    were switched on late, or lost, are whole.

    Args:
        folder: made where it is missing; files of other programs in it are left alone.
        start: iterations done; events beyond it were taken back by a kill and are dropped.
        history: rows of `history.jsonl` with their `iteration`, ascending.

    Raises:
        DataError: the folder cannot be written to.
    """
    now = time.time()
    earlier = sorted(Path(folder).glob("events.out.tfevents.*.gaitprint"))
    # above all earlier ones even if the clock was set back: readers take files in the order of names
    number = max([int(now), *(_number(path) + 1 for path in earlier)])
    path = Path(folder) / f"events.out.tfevents.{number:010d}.gaitprint"
    last = 0
    with atomic_file(path) as stream:
        stream.write(record(struct.pack("<Bd", 0x09, now) + _VERSION))
        for earlier_file in earlier:
            for step, whole in _events(earlier_file.read_bytes()):
                if last < step <= start:
                    stream.write(whole)
                    last = step
        for row in history:
            if last < row["iteration"] <= start:
                last = int(row["iteration"])
                stream.write(record(event(now, last, {k: v for k, v in row.items() if k != "iteration"})))
    writer = CurvesWriter(path)
    for earlier_file in earlier:
        with suppress(OSError):
            earlier_file.unlink()
    return writer


def event(wall_time: float, step: int, figures: Mapping[str, float]) -> bytes:
    """The protocol buffer `Event` of named floats: fields 1 (double), 2 (int64) and 5 (the summary of values)."""
    values = b""
    for name, figure in figures.items():
        tag = name.encode("utf-8")
        value = b"\x0a" + _varint(len(tag)) + tag + b"\x15" + struct.pack("<f", _single(figure))
        values += b"\x0a" + _varint(len(value)) + value
    return struct.pack("<Bd", 0x09, wall_time) + b"\x10" + _varint(step) + b"\x2a" + _varint(len(values)) + values


def record(data: bytes) -> bytes:
    """An event with its length and both checksums."""
    length = struct.pack("<Q", len(data))
    return length + _masked(length) + data + _masked(data)


def _events(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Step and record of every event of a file of ours, as far as it is sound: a kill may have cut the last one."""
    at = 0
    # 8 + 4 in front of the event, 4 behind it
    while at + 16 <= len(data):
        (length,) = struct.unpack_from("<Q", data, at)
        body = data[at + 12 : at + 12 + length]
        whole = data[at : at + 16 + length]
        if record(body) != whole:
            return
        at += 16 + length
        if body[9:10] == b"\x10":
            step, place, shift = 0, 10, 0
            while True:
                step |= (body[place] & 0x7F) << shift
                if body[place] < 0x80:
                    break
                place, shift = place + 1, shift + 7
            yield step, whole


def _masked(data: bytes) -> bytes:
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ _TABLE[(crc ^ byte) & 0xFF]
    # see `masked crc` in TensorFlow's `lib/hash/crc32c.h`: data that hold their own checksum would have a constant
    # one
    crc ^= 0xFFFFFFFF
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)


def _varint(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _single(value: float) -> float:
    """A float that single precision can hold: what is beyond it is infinite."""
    try:
        struct.pack("<f", value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")
    return value


def _number(path: Path) -> int:
    part = path.name.split(".")[3]
    return int(part) if part.isdecimal() else 0
