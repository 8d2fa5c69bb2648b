"""Our way of safetensors files against the library's, and headers that lie."""

import json
import os
from contextlib import contextmanager

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.torch import save

from gaitprint import atomic_files as storage
from gaitprint.errors import DataError
from gaitprint.training._tensor_file import _TYPES, read_tensors, tensor_file_size, write_tensors

TENSORS = {
    **{str(kind): torch.arange(6).reshape(2, 3).to(kind) for kind in _TYPES},
    "zero": torch.empty(0, 3),
    "scalar": torch.tensor(2.5),
    'odd "name" ä/..': torch.ones(1, dtype=torch.uint8),
}
CARD = {"gaitprint": '{"ä": "\\\\"}', "more": ""}


def alike(one, other):
    assert one.keys() == other.keys()
    for key, tensor in one.items():
        assert tensor.dtype == other[key].dtype
        assert tensor.shape == other[key].shape
        assert torch.equal(tensor, other[key]), key


def test_the_library_reads_what_we_write_and_we_read_it_too(tmp_path):
    path = tmp_path / "x.safetensors"
    write_tensors(path, TENSORS, CARD)
    with safe_open(path, "pt") as stream:
        assert stream.metadata() == CARD
        alike({key: stream.get_tensor(key) for key in stream.keys()}, TENSORS)  # noqa: SIM118 - not a dict
    metadata, tensors = read_tensors(path)
    assert metadata == CARD
    alike(tensors, TENSORS)
    assert path.stat().st_size == tensor_file_size(TENSORS, CARD)
    data = path.read_bytes()
    assert int.from_bytes(data[:8], "little") % 8 == 0


def test_we_read_what_the_library_writes(tmp_path):
    path = tmp_path / "x.safetensors"
    path.write_bytes(save(TENSORS, CARD))
    metadata, tensors = read_tensors(path)
    assert metadata == CARD
    alike(tensors, TENSORS)
    path.write_bytes(save({}))
    assert read_tensors(path) == ({}, {})


def test_each_tensor_starts_where_its_elements_may(tmp_path):
    write_tensors(tmp_path / "x", TENSORS, CARD)
    data = (tmp_path / "x").read_bytes()
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    for key, tensor in TENSORS.items():
        assert (8 + length + header[key]["data_offsets"][0]) % tensor.element_size() == 0, key


def headed(header: object, body: bytes = b"") -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + body


def entry(dtype="U8", shape=(4,), offsets=(0, 4)):
    return {"dtype": dtype, "shape": shape, "data_offsets": offsets}


LIES = {
    "nothing": b"",
    "seven bytes": b"\1" * 7,
    "endless header": (2**63).to_bytes(8, "little") + b"{}",
    "header longer than the file": (3).to_bytes(8, "little") + b"{}",
    "no JSON": headed(b"{]"),
    "not UTF-8": headed(b'{"\xff": 1}'),
    "deep JSON": headed(b"[" * 100_000),
    "a list": headed([1]),
    "a number": headed(1),
    "an entry that is a number": headed({"x": 1}),
    "an entry without a type": headed({"x": {"shape": [4], "data_offsets": [0, 4]}}, b"abcd"),
    "unknown type": headed({"x": entry("F3")}, b"abcd"),
    "type that is a list": headed({"x": entry([])}, b"abcd"),
    "wrong type": headed({"x": entry("F32")}, b"abcd"),
    "negative shape": headed({"x": entry(shape=(-2, -2))}, b"abcd"),
    "shape of words": headed({"x": entry(shape="ab")}, b"abcd"),
    "broken shape": headed({"x": entry(shape=(4.0,))}, b"abcd"),
    "huge and empty": headed({"x": entry(shape=(0, 2**70), offsets=(0, 0))}),
    "a gap": headed({"x": entry(offsets=(1, 5))}, b"abcde"),
    "overlap": headed({"x": entry(), "y": entry(offsets=(2, 6))}, b"abcdef"),
    "backwards": headed({"x": entry(offsets=(4, 0))}, b"abcd"),
    "three offsets": headed({"x": entry(offsets=(0, 2, 4))}, b"abcd"),
    "too short": headed({"x": entry()}, b"abc"),
    "too long": headed({"x": entry()}, b"abcde"),
    "metadata that are a list": headed({"__metadata__": [1], "x": entry()}, b"abcd"),
    "a pickle": b"\x80\x04\x95\x0b\x00\x00\x00\x00\x00\x00\x00\x8c\x07garbage\x94.",
}


@pytest.mark.parametrize("lie", LIES)
def test_a_file_that_lies_is_a_value_error_of_one_line(lie, tmp_path):
    (tmp_path / "x").write_bytes(LIES[lie])
    with pytest.raises(ValueError, match=r"\S") as error:
        read_tensors(tmp_path / "x")
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 200


@given(st.binary(max_size=80), st.booleans())
def test_garbage_is_a_value_error(tmp_path_factory, garbage, framed):
    path = tmp_path_factory.mktemp("garbage") / "x"
    path.write_bytes(headed(garbage) if framed else garbage)
    with pytest.raises(ValueError, match=r"\S"):
        read_tensors(path)


def test_nothing_is_read_of_a_file_that_is_larger_than_its_header_says(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(headed({"x": entry()}, b"abcd"))
    os.truncate(path, 2**42)  # takes no room on the disk, and would not fit into memory
    with pytest.raises(ValueError, match=r"expected \d+ bytes, found 4398046511104"):
        read_tensors(path)


@pytest.mark.parametrize("kind", ["folder", "pipe", "device"])
def test_what_is_no_regular_file_is_not_opened(kind, tmp_path):
    path = tmp_path / "x"
    {"folder": path.mkdir, "pipe": lambda: os.mkfifo(path), "device": lambda: path.symlink_to("/dev/zero")}[kind]()
    with pytest.raises(ValueError, match="it is no regular file"):
        read_tensors(path)


def test_a_file_cut_while_it_is_read_is_noticed(tmp_path, monkeypatch):
    path = tmp_path / "x"
    write_tensors(path, {"x": torch.ones(100_000)}, {})
    empty = torch.empty

    def cutting(*args, **kwargs):
        os.truncate(path, 200_000)
        return empty(*args, **kwargs)

    monkeypatch.setattr(torch, "empty", cutting)
    with pytest.raises(ValueError, match="it became shorter while it was read"):
        read_tensors(path)


def test_what_cannot_be_written_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "x"
    write_tensors(path, {"x": torch.ones(3)}, {})
    before = path.read_bytes()
    calls = []

    class Full:
        """A stream on a disk with room for the header and one tensor."""

        def __init__(self, stream):
            self._stream = stream

        def write(self, data):
            calls.append(len(data))
            if len(calls) == 3:
                raise OSError(28, "No space left on device")
            return self._stream.write(data)

    @contextmanager
    def filling(path):
        with storage.atomic_file(path) as stream:
            yield Full(stream)

    monkeypatch.setattr("gaitprint.training._tensor_file.atomic_file", filling)
    with pytest.raises(DataError, match="No space left on device"):
        write_tensors(path, {"a": torch.ones(3), "b": torch.ones(4)}, {})
    assert calls[1:] == [12, 16]
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["x"]


def test_numbers_come_back_to_the_bit(tmp_path):
    bits = np.random.default_rng(0).integers(0, 2**32, 1000, dtype=np.uint32).view(np.int32)
    tensor = torch.from_numpy(bits.copy()).view(torch.float32)  # among them NaN of every kind and numbers near zero
    write_tensors(tmp_path / "x", {"x": tensor}, {})
    assert torch.equal(read_tensors(tmp_path / "x")[1]["x"].view(torch.int32), torch.from_numpy(bits.copy()))
