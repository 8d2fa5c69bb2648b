import io
import os
import pickle
import struct
import zipfile
import zlib
from contextlib import suppress
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gaitprint.archives.folder import FolderFiles
from gaitprint.errors import DataError
from gaitprint.silhouettes import images, reading
from gaitprint.silhouettes._image_headers import read_header
from gaitprint.silhouettes.images import MAX_PIXELS
from gaitprint.silhouettes.reading import load_frames, read_sequence
from gaitprint.texts import natural_order


def read_image(path: Path) -> np.ndarray:
    return reading.read_image(FolderFiles(path.parent), path.name)


def read_image_folder(path: Path) -> list[np.ndarray]:
    return reading.read_image_folder(FolderFiles(path), "")


def read_sequence_file(path: Path) -> np.ndarray:
    return np.stack(reading.read_sequence_file(FolderFiles(path.parent), path.name))


def _frame(value: int = 200, shape: tuple[int, int] = (12, 9)) -> np.ndarray:
    frame = np.zeros(shape, np.uint8)
    frame[2:-2, 3:6] = value
    return frame


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _png(height: int, width: int, depth: int, colour: int, rows: bytes, extra: bytes = b"") -> bytes:
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", header)
        + extra
        + _chunk(b"IDAT", zlib.compress(rows))
        + _chunk(b"IEND", b"")
    )


def _encoded(ending: str, image: np.ndarray) -> bytes:
    return cv2.imencode(ending, image)[1].tobytes()


def _write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def _refused(path: Path, match: str, reader=load_frames, **options) -> None:
    with pytest.raises(DataError, match=match or None) as caught:
        reader(path, **options)
    assert "\n" not in str(caught.value)


# --- images


def test_a_grey_png_comes_back_bit_for_bit(tmp_path: Path):
    frame = np.random.default_rng(0).integers(0, 256, (20, 31)).astype(np.uint8)
    assert (read_image(_write(tmp_path / "a.png", _encoded(".png", frame))) == frame).all()


def test_a_one_bit_png_becomes_0_and_255(tmp_path: Path):
    rows = b"\x00\b10100000"[:1] + b"\xa0" + b"\x00" + b"\x40"
    found = read_image(_write(tmp_path / "a.png", _png(2, 3, 1, 0, rows)))
    assert found.tolist() == [[255, 0, 255], [0, 255, 0]]


def test_a_palette_png_gives_its_blue(tmp_path: Path):
    palette = _chunk(b"PLTE", bytes([1, 2, 3, 40, 50, 60]))
    found = read_image(_write(tmp_path / "a.png", _png(1, 2, 8, 3, b"\x00\x00\x01", palette)))
    assert found.tolist() == [[3, 60]]


@pytest.mark.parametrize("channels", [3, 4])
def test_a_colour_png_gives_its_blue(tmp_path: Path, channels: int):
    image = np.random.default_rng(1).integers(0, 256, (5, 6, channels)).astype(np.uint8)
    image[:, :, 3:] |= 128  # what is transparent says where a body is
    found = read_image(_write(tmp_path / "a.png", _encoded(".png", image)))
    assert (found == image[:, :, 0]).all()


@pytest.mark.parametrize("kind", ["grey", "colour", "deep"])
@pytest.mark.parametrize("ending", [".png", ".jpg"])
def test_channels_are_those_of_the_reference_call(tmp_path: Path, kind: str, ending: str):
    draw = np.random.default_rng(2)
    image = cv2.GaussianBlur(draw.integers(0, 256, (40, 30, 3)).astype(np.uint8), (5, 5), 0)
    if kind == "grey":
        image = image[:, :, 0]
    if kind == "deep" and ending == ".png":
        image = image.astype(np.uint16) * 201
    path = _write(tmp_path / f"a{ending}", _encoded(ending, image))
    assert (read_image(path) == cv2.imread(str(path))[:, :, 0]).all()


def test_the_format_is_told_by_the_bytes_not_the_name(tmp_path: Path):
    frame = _frame()
    assert (read_image(_write(tmp_path / "a.jpg", _encoded(".png", frame))) == frame).all()
    jpeg = read_image(_write(tmp_path / "b.png", _encoded(".jpg", frame)))
    assert np.abs(jpeg.astype(int) - frame).max() < 60


@pytest.mark.parametrize("ending", [".webp", ".pgm", ".gif", ".mat", ".gz"])
def test_other_formats_are_refused(tmp_path: Path, ending: str):
    data, words = {
        ".pgm": (b"P5 2 2 255\n1234", r"is no image \(it starts with b'P5 2 2 2'\)"),
        ".webp": (b"RIFF....WEBP", "is a WebP image: save it as PNG"),
        ".gif": (b"GIF89a", "is a GIF image"),
        ".mat": (b"MATLAB 5.0 MAT-file, Platform", r"is a MATLAB file: load it with scipy\.io\.loadmat"),
        ".gz": (b"\x1f\x8b\x08", "is packed with gzip: unpack it first"),
    }[ending]
    _refused(_write(tmp_path / "a.png", data), words, read_image)


def _jpeg_of_size(height: int, width: int) -> bytes:
    data = bytearray(_encoded(".jpg", _frame()))
    place = data.index(b"\xff\xc0")
    data[place + 5 : place + 9] = struct.pack(">HH", height, width)
    return bytes(data)


@pytest.mark.parametrize(
    "data",
    [
        _png(30_000, 30_000, 1, 0, b"\x00"),
        _png(2**31 - 1, 2**31 - 1, 8, 0, b"\x00"),
        _png(0, 9, 8, 0, b"\x00"),
        _jpeg_of_size(65_000, 65_000),
        _jpeg_of_size(0, 10),
    ],
)
def test_sizes_are_refused_before_decoding(tmp_path: Path, monkeypatch, data: bytes):
    monkeypatch.setattr(images.cv2, "imdecode", lambda *_: pytest.fail("decoded"))
    _refused(_write(tmp_path / "a.png", data), r"expected 1 to 67108864 pixels", read_image)


@pytest.mark.parametrize("ending", [".png", ".jpg"])
def test_an_image_cut_anywhere_is_refused(tmp_path: Path, ending: str):
    whole = _encoded(ending, np.random.default_rng(3).integers(0, 256, (9, 9)).astype(np.uint8))
    for end in range(len(whole)):
        _refused(_write(tmp_path / "a.png", whole[:end]), "expected a whole PNG, JPEG, BMP or TIFF", read_image)


@given(place=st.integers(0, 10**6), value=st.integers(1, 255))
def test_a_png_with_any_byte_changed_is_refused(tmp_path_factory, place: int, value: int):
    data = bytearray(_encoded(".png", _frame()))
    data[place % len(data)] ^= value
    _refused(_write(tmp_path_factory.mktemp("p") / "a.png", bytes(data)), "", read_image)


@given(place=st.integers(2, 10**6), value=st.integers(1, 255))
def test_a_jpeg_with_any_byte_changed_is_read_or_refused(tmp_path_factory, place: int, value: int):
    data = bytearray(_encoded(".jpg", _frame()))
    data[max(place % len(data), 2)] ^= value
    with suppress(DataError):
        assert read_image(_write(tmp_path_factory.mktemp("p") / "a.jpg", bytes(data))).size <= MAX_PIXELS


DAMAGED = {
    "animated": (_png(1, 1, 8, 0, b"\x00\x00", _chunk(b"acTL", bytes(8))), "animated"),
    "no header first": (
        b"\x89PNG\r\n\x1a\n" + _chunk(b"IDAT", b"1234567890123") + _chunk(b"IEND", b""),
        "header is not",
    ),
    "two headers": (_png(1, 1, 8, 0, b"\x00\x00", _chunk(b"IHDR", bytes(13))), "header is not"),
    "no pixels": (_png(4, 4, 8, 0, b""), "cannot be decoded"),
    "undecodable": (_png(4, 4, 9, 7, bytes(99)), "cannot be decoded"),
    "empty": (b"", "is empty"),
    "jpeg of two sizes": (
        _jpeg_of_size(9, 9)[:2] + b"\xff\xc0\x00\x0b" + bytes(9) + _jpeg_of_size(9, 9)[2:],
        "two sizes",
    ),
    "jpeg without size": (b"\xff\xd8\xff\xda\x00\x02\xff\xd9", "no size"),
    "jpeg without markers": (b"\xff\xd8\xff\xe0\x00\x02abcdef", "marker is missing"),
    "jpeg with fillers": (b"\xff\xd8\xff\xff\xff\xff\xda\x00\x02\xff\xd9", "no size"),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_damaged_images_are_refused(tmp_path: Path, name: str):
    data, match = DAMAGED[name]
    _refused(_write(tmp_path / "a.png", data), match, read_image)


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 4), st.integers(0, 9), st.integers(0, 99))
def test_the_quick_decoder_gives_the_pixels_that_opencv_gives(height: int, width: int, strategy, level, seed):
    frame = np.random.default_rng(seed).integers(0, 256, (height, width)).astype(np.uint8)
    data = cv2.imencode(".png", frame, [cv2.IMWRITE_PNG_STRATEGY, strategy, cv2.IMWRITE_PNG_COMPRESSION, level])[
        1
    ].tobytes()
    header = read_header(data)
    assert header.plain_png
    assert (images._decode_plain_png(data, header) == frame).all()
    assert (images._decode_any(data, cv2.IMREAD_GRAYSCALE) == frame).all()


def test_a_decoder_that_fails_is_one_line(tmp_path: Path, monkeypatch):
    def fail(*_):
        raise cv2.error("two\nlines")

    monkeypatch.setattr(images.cv2, "imdecode", fail)
    monkeypatch.setattr(images, "decode_image_png_u8", fail)
    _refused(_write(tmp_path / "a.png", _encoded(".png", _frame())), "cannot be decoded", read_image)


# --- folders


def test_a_folder_is_read_in_natural_order_without_hidden_files(tmp_path: Path):
    for name, value in {"f10.png": 110, "f2.png": 102, "f1.jpg": 101, ".hidden.png": 7, "Thumbs.db": 7}.items():
        _write(tmp_path / name, _encoded(".png", _frame(value)))
    (tmp_path / "subfolder").mkdir()
    assert [int(f.max()) for f in read_image_folder(tmp_path)] == [101, 102, 110]
    assert len(load_frames(tmp_path)) == 3


@given(st.lists(st.integers(0, 300), min_size=2, max_size=8, unique=True))
def test_natural_order_is_the_order_of_numbers(numbers: list[int]):
    names = [f"001-nm-{n}-x" for n in numbers]
    assert sorted(names, key=natural_order) == [f"001-nm-{n}-x" for n in sorted(numbers)]
    padded = [f"a{n:04d}" for n in numbers]
    assert sorted(padded, key=natural_order) == sorted(padded)


def test_natural_order_is_total():
    names = ["", "1", "1a", "a", "a01", "a1", "a1b2", "a1b10", "a\u00b2", "\u0663"]
    for turn in range(len(names)):
        assert sorted(names[turn:] + names[:turn], key=natural_order) == names


def test_folders_without_images_say_what_is_there(tmp_path: Path):
    _refused(tmp_path, "images of one sequence, found nothing")
    (tmp_path / "000").mkdir()
    _refused(tmp_path, r"only folders \(000, ...\)")


def test_one_bad_file_is_named(tmp_path: Path):
    _write(tmp_path / "a.png", _encoded(".png", _frame()))
    _write(tmp_path / "b.png", b"hello")
    _refused(tmp_path, r"b\.png is no image \(it starts with b'hello'\)")


def test_notes_beside_images_are_passed_over_aloud(tmp_path: Path):
    _write(tmp_path / "a.png", _encoded(".png", _frame()))
    for name in ("README.txt", "meta.json", "boxes.csv"):
        _write(tmp_path / name, b"hello")
    said: list[str] = []
    assert len(read_sequence(FolderFiles(tmp_path), "", said.append)) == 1
    assert said == ["files beside the images were passed over: README.txt, boxes.csv, meta.json"]
    (tmp_path / "a.png").unlink()
    _refused(tmp_path, "README.txt is no image")


@pytest.mark.parametrize("name", ["Makefile", "SHA256SUMS", "a.png.bak", "a.png~", "notes.docx", "calib.mat", "b.avi"])
def test_beside_images_whatever_has_another_ending_is_no_frame(tmp_path: Path, name: str):
    _write(tmp_path / "a.png", _encoded(".png", _frame()))
    _write(tmp_path / name, b"hello")
    said: list[str] = []
    assert len(read_sequence(FolderFiles(tmp_path), "", said.append)) == 1
    assert said == [f"files beside the images were passed over: {name}"]


def test_arrays_beside_images_are_passed_over_aloud_unless_either_may_be_the_sequence(tmp_path: Path):
    np.save(tmp_path / "times.npy", np.arange(2))
    _write(tmp_path / "a.png", _encoded(".png", _frame()))
    _refused(tmp_path, r"holds the image a.png and the array file times.npy, a sequence is one of them: move the other")
    _write(tmp_path / "b.png", _encoded(".png", _frame()))
    said: list[str] = []
    assert len(read_sequence(FolderFiles(tmp_path), "", said.append)) == 2
    assert said == ["files beside the images were passed over: times.npy"]
    _write(tmp_path / "c.gif", b"GIF89a")
    _refused(tmp_path, "c.gif is a GIF image: save its frames as PNG")


def test_a_folder_of_more_than_the_limit_is_refused(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(reading, "MAX_SEQUENCE_BYTES", 12 * 9 * 2)
    for n in range(3):
        _write(tmp_path / f"{n}.png", _encoded(".png", _frame()))
    _refused(tmp_path, "holds more than 216 pixels: split")


def test_links_out_of_the_data_folder_are_refused(tmp_path: Path):
    root, outside = tmp_path / "data", tmp_path / "outside"
    (root / "seq").mkdir(parents=True)
    outside.mkdir()
    secret = _write(outside / "secret.png", _encoded(".png", _frame(77)))
    array = outside / "x.npy"
    np.save(array, _frame(77))
    inside = _write(root / "inside.png", _encoded(".png", _frame(88)))
    (root / "seq" / "0.png").symlink_to(inside)
    files = FolderFiles(root)
    assert len(read_sequence(files, "seq")) == 1
    (root / "seq" / "1.png").symlink_to(secret)
    assert len(load_frames(root / "seq")) == 2
    (root / "link").symlink_to(outside)
    (root / "x.npy").symlink_to(array)
    (root / "loop").symlink_to(root / "loop")
    for place in ("seq", "link/secret.png", "link", "x.npy"):
        with pytest.raises(DataError, match=r"is a link out of|is no sequence file") as caught:
            read_sequence(files, place)
        assert "\n" not in str(caught.value)
    with pytest.raises(DataError, match=r"is a link out of|cannot be read"):
        reading.read_image(files, "loop")


def test_special_files_are_not_opened(tmp_path: Path):
    os.mkfifo(tmp_path / "0.png")
    _refused(tmp_path, "is no regular file")


@pytest.mark.parametrize("name", ["missing.npy", "nul\0.npy", "x" * 300 + ".npy", "missing.png"])
def test_names_that_cannot_be(tmp_path: Path, name: str):
    _refused(tmp_path / name, "", read_image)
    if name.endswith(".npy"):
        _refused(tmp_path / name, "")
    _refused(tmp_path / name, "", read_image_folder)


def test_odd_file_names_are_shown_on_one_line(tmp_path: Path):
    _refused(_write(tmp_path / "a\nb\udcff\u00e9.png", b"x"), r"a\\nb\\udcff\u00e9\.png is no image", read_image)


# --- array files


def _saved(path: Path, array: np.ndarray) -> Path:
    if path.suffix == ".pkl":
        return _write(path, pickle.dumps(array))
    if path.suffix == ".npy":
        np.save(path, array)
    else:
        np.savez_compressed(path, array)
    return path


@pytest.mark.parametrize("ending", [".pkl", ".npy", ".npz", ".NPY"])
def test_array_files_come_back(tmp_path: Path, ending: str):
    frames = np.random.default_rng(0).integers(0, 256, (4, 6, 5)).astype(np.uint8)
    if ending == ".NPY":
        _saved(tmp_path / "x.npy", frames).rename(tmp_path / "x.NPY")
    else:
        _saved(tmp_path / f"x{ending}", frames)
    path = tmp_path / f"x{ending}"
    assert (read_sequence_file(path) == frames).all()
    loaded = load_frames(path)
    assert len(loaded) == 4
    assert (loaded[3] == frames[3]).all()


@pytest.mark.parametrize("ending", [".pkl", ".npy", ".npz"])
def test_what_is_no_silhouette_is_refused(tmp_path: Path, ending: str):
    path = tmp_path / f"x{ending}"
    assert read_sequence_file(_saved(path, _frame(255) > 0)).tolist() == [_frame(255).tolist()]
    assert read_sequence_file(_saved(path, np.asfortranarray(_frame()))).tolist() == [_frame().tolist()]
    assert read_sequence_file(_saved(path, np.zeros((2, 3, 4), np.uint8))).shape == (2, 3, 4)
    assert read_sequence_file(_saved(path, np.zeros((2, 3, 4), np.int16))).dtype == np.uint8
    assert read_sequence_file(_saved(path, np.zeros((2, 3, 4, 1), np.uint8))).shape == (2, 3, 4)
    _refused(_saved(path, np.full((2, 3, 4), np.nan)), "not finite")
    _refused(_saved(path, np.full((2, 3, 4), -1, np.int16)), "found int16 from -1 to -1")
    _refused(_saved(path, np.full((2, 3, 4), 300.0)), "found float64 from 300 to 300")
    _refused(_saved(path, np.zeros((2, 5, 6, 7), np.uint8)), r"found uint8 \[2, 5, 6, 7\]")
    _refused(_saved(path, np.zeros(7, np.uint8)), r"found uint8 \[7\]")
    _refused(_saved(path, np.array([[None, 1]], object)), "array of objects|type '[|]O'")
    _refused(_saved(path, np.zeros((2, 2), [("a", "u1")])), "structured type|plain numbers")


@pytest.mark.parametrize("ending", [".npy", ".npz"])
def test_empty_arrays_are_refused(tmp_path: Path, ending: str):
    _refused(_saved(tmp_path / f"x{ending}", np.zeros((0, 64, 64), np.uint8)), "at least one frame")


@pytest.mark.parametrize("ending", [".pkl", ".npy", ".npz"])
def test_array_files_cut_anywhere_are_refused(tmp_path: Path, ending: str):
    whole = _saved(tmp_path / f"x{ending}", np.arange(60, dtype=np.uint8).reshape(3, 4, 5)).read_bytes()
    for end in range(len(whole)):
        _refused(_write(tmp_path / f"y{ending}", whole[:end]), "")


def test_other_endings_are_refused(tmp_path: Path):
    _refused(_write(tmp_path / "x.txt", b"x"), r"expected a folder of images, or \.pkl, \.npy, \.npz or \.tif")


def _npy(header: str, data: bytes = b"abcdef", version: bytes = b"\x01\x00") -> bytes:
    text = header.encode("latin1")
    size = struct.pack("<H" if version[0] == 1 else "<I", len(text))
    return b"\x93NUMPY" + version + size + text + data


SHAPE = "{'descr': '|u1', 'fortran_order': False, 'shape': %s}"
NPY = {
    "huge": (_npy(SHAPE % f"({2**62}, {2**62}, 4)"), "claims an array"),
    "negative": (_npy(SHAPE % "(-1, -6)"), "header is damaged"),
    "no numbers": (_npy(SHAPE % "(1 2, 3)"), "shape in its header"),
    "many": (_npy(SHAPE % f"({'1,' * 9} 6)"), "of shape"),
    "text": (_npy(SHAPE % "'ab'"), "header is damaged"),
    "deep": (_npy("(" * 900), "header is damaged"),
    "long": (_npy(" " * 5000 + SHAPE % "(6,)"), "header is damaged"),
    "objects": (_npy("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}"), r"type '\|O', only numbers"),
    "records": (_npy("{'descr': [('a', 'u1')], 'fortran_order': False, 'shape': (1,)}"), "plain numbers"),
    "version 4": (_npy(SHAPE % "(2, 3)", version=b"\x04\x00"), "version"),
    "magic": (b"PNG", "version"),
}


@pytest.mark.parametrize("name", NPY)
def test_hostile_npy_files_are_refused(tmp_path: Path, name: str):
    data, match = NPY[name]
    _refused(_write(tmp_path / "x.npy", data), match)


def test_a_version_2_npy_file_is_read(tmp_path: Path):
    found = read_sequence_file(_write(tmp_path / "x.npy", _npy(SHAPE % "(1, 2, 3)", version=b"\x02\x00")))
    assert found.tolist() == [[[97, 98, 99], [100, 101, 102]]]


def test_an_npz_of_several_needs_one_called_frames(tmp_path: Path):
    path = tmp_path / "x.npz"
    np.savez(path, a=_frame(1), b=_frame(2))
    _refused(path, "exactly one array or one called 'frames', found: 'a, b'")
    np.savez(path, a=_frame(1), frames=_frame(2))
    assert read_sequence_file(path).max() == 2
    np.savez(path)
    _refused(path, "found: 'none'")


def test_zip_bombs_are_refused_before_unpacking(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(reading, "MAX_FILE_BYTES", 10_000)
    path = _saved(tmp_path / "x.npz", np.zeros((100, 100, 100), np.uint8))
    _refused(path, "unpacks to 1000128 bytes, the limit is 10000")


def test_a_zip_that_lies_about_its_size_is_refused(tmp_path: Path):
    whole = bytearray(_saved(tmp_path / "x.npz", np.zeros((10, 100, 100), np.uint8)).read_bytes())
    central = whole.rindex(b"PK\x01\x02")
    whole[central + 24 : central + 28] = struct.pack("<I", 200)
    _refused(_write(tmp_path / "y.npz", bytes(whole)), "")


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_packings_are_refused(tmp_path: Path, method: int):
    stream = io.BytesIO()
    np.save(stream, _frame())
    with zipfile.ZipFile(tmp_path / "x.npz", "w", method) as archive:
        archive.writestr("frames.npy", stream.getvalue())
    _refused(tmp_path / "x.npz", f"packed by method {method}")


def test_encrypted_members_are_refused(tmp_path: Path):
    whole = bytearray(_saved(tmp_path / "x.npz", _frame()).read_bytes())
    whole[whole.rindex(b"PK\x01\x02") + 8] |= 1
    whole[6] |= 1
    _refused(_write(tmp_path / "y.npz", bytes(whole)), "no sound .npz")


@given(place=st.integers(0, 10**6), value=st.integers(1, 255), ending=st.sampled_from([".npy", ".npz", ".pkl"]))
def test_with_any_byte_changed_it_is_read_or_refused(tmp_path_factory, place: int, value: int, ending: str):
    folder = tmp_path_factory.mktemp("f")
    data = bytearray(_saved(folder / f"x{ending}", np.arange(60, dtype=np.uint8).reshape(3, 4, 5)).read_bytes())
    data[place % len(data)] ^= value
    with suppress(DataError):
        assert read_sequence_file(_write(folder / f"y{ending}", bytes(data))).size <= 60


def test_a_folder_with_one_array_file_is_that_array(tmp_path):
    frames = np.full((3, 16, 10), 255, np.uint8)
    (tmp_path / "walk").mkdir()
    np.save(tmp_path / "walk" / "090.npy", frames)
    assert np.array_equal(np.stack(load_frames(tmp_path / "walk")), frames)
    np.save(tmp_path / "walk" / "108.npy", frames)
    with pytest.raises(DataError, match=r"walk holds 2 array files, a sequence is one: name 090\.npy, say$"):
        load_frames(tmp_path / "walk")
