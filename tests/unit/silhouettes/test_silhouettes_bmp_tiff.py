"""BMP and TIFF: read where they hold silhouettes, held to their size and whole before anything is decoded."""

import struct
from contextlib import suppress
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gaitprint.errors import DataError
from gaitprint.silhouettes import _tiff_headers, images
from gaitprint.silhouettes.images import decode_image, decode_images
from gaitprint.silhouettes.reading import load_frames

FRAME = np.zeros((20, 31), np.uint8)
FRAME[3:15, 5:20] = 255
FRAME[5, 7] = 130
COLOURED = np.stack([FRAME, FRAME // 2, FRAME // 3], axis=2)
ENTRIES = {256: 8, 257: 4, 258: 1, 259: 1, 262: 1, 273: 8, 277: 1, 278: 4, 279: 4}
"""Of a page of 8 x 4 pixels of one bit, whose bytes follow the header."""


def encoded(ending: str, image: np.ndarray) -> bytes:
    return cv2.imencode(ending, image)[1].tobytes()


def tiff(*pages: dict[int, int], order: str = "<", pixels: bytes = b"\xf0\x0f\xff\x00", link: int = 0) -> bytes:
    """A file of pages that share their pixels; `link`: where the last leads on."""
    data, place = pixels, 8 + len(pixels)
    for number, entries in enumerate(pages, start=1):
        body = struct.pack(f"{order}H", len(entries))
        for tag, value in sorted(entries.items()):
            kind = 4 if value > 65_535 else 3
            body += struct.pack(f"{order}HHI", tag, kind, 1)
            body += struct.pack(f"{order}I", value) if kind == 4 else struct.pack(f"{order}HH", value, 0)
        end = place + len(data) - len(pixels) + len(body) + 4
        data += body + struct.pack(f"{order}I", link if number == len(pages) else end)
    return {"<": b"II*\0", ">": b"MM\0*"}[order] + struct.pack(f"{order}I", place) + data


def refused(data: bytes, words: str) -> None:
    with pytest.raises(DataError, match=words) as caught:
        decode_images(data, "x")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("ending", [".bmp", ".tiff"])
def test_grey_and_colour_come_back(ending: str) -> None:
    assert (decode_image(encoded(ending, FRAME), "x") == FRAME).all()
    # of colours the first channel in OpenCV's order, as of a PNG
    assert (decode_image(encoded(ending, COLOURED), "x") == FRAME).all()


@pytest.mark.parametrize("packing", [1, 5, 8, 32946, 32773])
def test_what_programs_pack_tiffs_with_is_read(packing: int) -> None:
    data = cv2.imencode(".tiff", FRAME, [cv2.IMWRITE_TIFF_COMPRESSION, packing])[1].tobytes()
    assert (decode_image(data, "x") == FRAME).all()


@pytest.mark.parametrize("order", ["<", ">"])
def test_one_bit_is_black_and_white_whichever_of_them_is_zero(order: str) -> None:
    bits = np.unpackbits(np.frombuffer(b"\xf0\x0f\xff\x00", np.uint8).reshape(4, 1), axis=1) * np.uint8(255)
    assert (decode_image(tiff(ENTRIES, order=order), "x") == bits).all()
    assert (decode_image(tiff(ENTRIES | {262: 0}, order=order), "x") == 255 - bits).all()


def test_the_pages_of_a_tiff_are_the_frames_of_a_sequence(tmp_path: Path) -> None:
    frames = [np.roll(FRAME, i, axis=1) for i in range(5)]
    sound, data = cv2.imencodemulti(".tiff", frames)
    assert sound
    (tmp_path / "walk").mkdir()
    for path in (tmp_path / "walk.tif", tmp_path / "walk" / "walk.TIFF"):
        path.write_bytes(data.tobytes())
    for place in ("walk.tif", "walk"):
        assert (np.stack(load_frames(tmp_path / place)) == np.stack(frames)).all()
    (tmp_path / "walk" / "2.png").write_bytes(encoded(".png", FRAME))
    with pytest.raises(DataError, match="holds 5 pages, expected one image: a TIFF of a whole sequence lies alone"):
        load_frames(tmp_path / "walk")


def test_a_folder_of_tiffs_is_a_sequence(tmp_path: Path) -> None:
    for number in (10, 2):
        (tmp_path / f"{number}.tif").write_bytes(encoded(".tiff", FRAME // number))
    assert [int(frame.max()) for frame in load_frames(tmp_path)] == [127, 25]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({256: 100_000, 257: 100_000}, "100000 x 100000 pixels: expected 1 to"),
        ({256: 0}, "4 x 0 pixels: expected 1 to"),
        ({258: 16}, "16 bits in 1 channels.*: save it with one or eight bits"),
        ({258: 8, 262: 0}, "colours 0: save it with one or eight bits a value, black as zero"),
        ({259: 7}, "packed by method 7, read are none, CCITT 4, LZW, deflate, PackBits: save it as PNG"),
        ({277: 9}, "in 9 channels"),
        ({339: 3}, "save it with"),
        ({279: 5000}, "truncated"),
        ({273: 100_000_000}, "truncated"),
    ],
)
def test_what_a_page_claims_is_checked_before_it_is_decoded(change: dict[int, int], words: str, monkeypatch) -> None:
    monkeypatch.setattr(images.cv2, "imdecodemulti", None)
    refused(tiff(ENTRIES | change), words)


def test_pages_that_are_too_many_or_lead_in_a_circle_are_refused(monkeypatch) -> None:
    monkeypatch.setattr(images.cv2, "imdecodemulti", None)
    refused(tiff(ENTRIES, link=12), "lead in a circle")
    refused(tiff(*[ENTRIES | {256: 8192, 257: 8192}] * 9), "holds more than 536870912 pixels")
    monkeypatch.setattr(_tiff_headers, "MAX_PAGES", 2)
    refused(tiff(*[ENTRIES] * 3), "or of more than 2 pages")
    refused(b"II*\0" + bytes(4), "without a page")
    without = {tag: value for tag, value in ENTRIES.items() if tag != 279}
    refused(tiff(without), "does not say where its pixels are")


@pytest.mark.parametrize("ending", [".bmp", ".tiff"])
def test_cut_anywhere_it_is_refused(ending: str) -> None:
    data = encoded(ending, FRAME)
    for end in range(len(data)):
        refused(data[:end], "expected a whole PNG, JPEG, BMP or TIFF image|cannot be decoded|pixels")


@given(place=st.integers(0, 10**6), value=st.integers(1, 255), ending=st.sampled_from([".bmp", ".tiff"]))
def test_with_any_byte_changed_it_is_read_or_refused(place: int, value: int, ending: str) -> None:
    data = bytearray(encoded(ending, FRAME))
    data[place % len(data)] ^= value
    with suppress(DataError):
        assert sum(frame.size for frame in decode_images(bytes(data), "x")) <= images.MAX_SEQUENCE_PIXELS


def test_a_bitmap_that_is_packed_or_of_no_size_is_refused() -> None:
    data = bytearray(encoded(".bmp", FRAME))
    for place, form, value, words in (
        (30, "<I", 1, "packed by method 1, expected a plain one"),
        (28, "<H", 4, "is a BMP of 4 bits"),
        (18, "<i", -5, "truncated"),
        (22, "<i", 100_000_000, "truncated"),
    ):
        changed = bytearray(data)
        struct.pack_into(form, changed, place, value)
        refused(bytes(changed), words)


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("x.mat", b"MATLAB 5.0 MAT-file", r"is a MATLAB file: load it with scipy\.io\.loadmat"),
        ("x.npy.gz", b"\x1f\x8b", "is packed with gzip: unpack it first"),
        ("x.npy", b"\x1f\x8b\x08", "it is packed with gzip: unpack it first"),
        ("x.npy", b"version https://git-lfs.github.com/spec/v1\n", "a pointer of Git LFS.*git lfs pull"),
        ("x.pkl", b"version https://git-lfs.github.com/spec/v1\n", "a pointer of Git LFS.*git lfs pull"),
        ("x.pkl", b"\x93NUMPY\x01\x00", r"is no pickle: it is a \.npy array"),
        ("x.npz", b"\x89HDF\r\n\x1a\n", r"no sound \.npz file: it is an HDF5"),
        ("x.npz", b"<html>", r"no sound \.npz file: it is a web page: the download was refused"),
        ("x.npz", b"PK\x03\x04", r"no sound \.npz file \(File is not a zip file\)"),
    ],
)
def test_what_a_file_is_instead_is_said_with_the_way_out(tmp_path: Path, name: str, data: bytes, words: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(DataError, match=words) as caught:
        load_frames(tmp_path / name)
    assert "\n" not in str(caught.value)
