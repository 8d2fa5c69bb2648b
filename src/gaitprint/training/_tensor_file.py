"""Tensors in a safetensors file, from their own memory to the disk and back without a copy in between.

The library's writer copies all tensors twice before the first byte is written. Its reader maps the file: a bad sector
then is a signal that ends the process, where `read` gives an error that an older file can answer.

A file is the length of its header in 8 bytes, the header as JSON, and the tensors' bytes one after another; see
https://huggingface.co/docs/safetensors, "Format".
"""

import json
import os
from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import IO, Any

import torch
from torch import Tensor

from gaitprint.atomic_files import atomic_file

_TYPES = {
    torch.float64: "F64", torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16", torch.int64: "I64",
    torch.int32: "I32", torch.int16: "I16", torch.int8: "I8", torch.uint8: "U8", torch.bool: "BOOL",
}  # fmt: skip
_KINDS = {name: kind for kind, name in _TYPES.items()}
_CARD = "__metadata__"


def tensor_file_size(tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> int:
    """Bytes of the file that `write_tensors` makes of the same arguments."""
    return len(_header(tensors, metadata)) + sum(t.nbytes for t in tensors.values())


def write_tensors(path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> None:
    """Write contiguous tensors of the CPU: a whole file, or nothing.

    Raises:
        DataError: the folder cannot be written to, or the disk is full; then nothing has changed.
    """
    header = _header(tensors, metadata)
    with atomic_file(path) as stream:
        stream.write(header)
        for key in _order(tensors):
            stream.write(_memory(tensors[key]))


def read_tensors(path: Path) -> tuple[dict[str, str], dict[str, Tensor]]:
    """Metadata and tensors. Nothing is read of what follows a header that does not fit the size of the file.

    Raises:
        OSError: the file is not there or cannot be read.
        ValueError: it is no safetensors file, or longer or shorter than its header says.
    """
    if path.exists() and not path.is_file():  # a device or a pipe may never end
        raise ValueError("it is no regular file")
    with path.open("rb") as stream:
        try:
            return _read(stream, os.fstat(stream.fileno()).st_size)
        except (AttributeError, LookupError, TypeError, RuntimeError) as error:
            reason = str(error).partition("\n")[0][:100]
            raise ValueError(f"its header is no safetensors header: {type(error).__name__}, {reason}") from None


def _read(stream: IO[bytes], size: int) -> tuple[dict[str, str], dict[str, Tensor]]:
    length = int.from_bytes(stream.read(8), "little")
    if size < 8 + length:
        raise ValueError(f"it ends after {size} bytes, within its header")
    header: dict[str, Any] = json.loads(stream.read(length).decode("utf-8"))
    metadata = {key: str(value) for key, value in header.pop(_CARD, {}).items()}
    entries = sorted(header.items(), key=lambda item: item[1]["data_offsets"])
    place = 0
    for key, entry in entries:
        begin, end = entry["data_offsets"]
        # no gaps and no overlaps: otherwise two tensors of a hostile file could share bytes, or a digest miss some
        if (begin, end) != (place, place + prod(entry["shape"]) * _KINDS[entry["dtype"]].itemsize):
            raise ValueError(f"its header contradicts itself about {key}")
        place = end
    if size != 8 + length + place:
        raise ValueError(f"expected {8 + length + place} bytes, found {size}")
    tensors = {key: torch.empty(entry["shape"], dtype=_KINDS[entry["dtype"]]) for key, entry in entries}
    for tensor in tensors.values():
        if stream.readinto(_memory(tensor)) != tensor.nbytes:  # type: ignore[attr-defined]
            raise ValueError("it became shorter while it was read")
    return metadata, tensors


def _header(tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> bytes:
    entries: dict[str, Any] = {_CARD: dict(metadata)}
    place = 0
    for key in _order(tensors):
        tensor = tensors[key]
        offsets = [place, place + tensor.nbytes]
        entries[key] = {"dtype": _TYPES[tensor.dtype], "shape": list(tensor.shape), "data_offsets": offsets}
        place = offsets[1]
    text = json.dumps(entries, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    # spaces, which JSON passes over
    text += b" " * (-len(text) % 8)  # the tensors' bytes start at a multiple of 8
    return len(text).to_bytes(8, "little") + text


def _order(tensors: Mapping[str, Tensor]) -> list[str]:
    """Wide elements first: then each tensor starts at a multiple of its element's size."""
    return sorted(tensors, key=lambda key: (-tensors[key].element_size(), key))


def _memory(tensor: Tensor) -> memoryview:
    return tensor.reshape(-1).view(torch.uint8).numpy().data
