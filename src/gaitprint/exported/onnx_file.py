"""An ONNX file with a card, of which no bit can change unnoticed.

The card is the last entry of the model's `metadata_props`, and so the last bytes of the file: what stands before is the
graph, and the card holds its SHA-256. Source: https://protobuf.dev/programming-guides/encoding and onnx.proto.
"""

from pathlib import Path

from gaitprint.atomic_files import sha256_of
from gaitprint.deploy.form import DeployForm
from gaitprint.errors import ArtefactError
from gaitprint.exported.card import KEY, MAKER, ExportCard, sealed, unsealed
from gaitprint.extras import require_extra

_METADATA_PROPS, _KEY, _VALUE = 14, 1, 2
"""Numbers of fields."""
_BYTES, _VARINT = 2, 0
"""Kinds of fields: a length and so many bytes, or a number."""


def form_graph(form: DeployForm) -> bytes:
    """The ONNX graph of a form.

    Raises:
        ConfigError: onnx is not installed.
    """
    require_extra("onnx")
    from gaitprint.deploy.onnx_graph import onnx_model

    return bytes(onnx_model(form).SerializeToString())


def pack_onnx(graph: bytes, card: ExportCard) -> bytes:
    """The whole file."""
    entry = _field(_KEY, KEY.encode()) + _field(_VALUE, sealed(card, {"graph": sha256_of(graph)}).encode())
    return graph + _field(_METADATA_PROPS, entry)


def unpack_onnx(data: bytes, path: Path) -> tuple[bytes, ExportCard]:
    """The graph and the card.

    Args:
        path: where the file was, for errors.

    Raises:
        ArtefactError: no ONNX file, without a card of ours, damaged or changed.
    """
    try:
        number, start, body = _fields(data)[-1]
        entry = {n: value for n, _, value in _fields(body)} if number == _METADATA_PROPS else {}
        ours = entry.get(_KEY) == KEY.encode()
        text = entry[_VALUE].decode() if ours else ""
    except (IndexError, KeyError, ValueError) as error:
        raise ArtefactError(f"{path} is no ONNX file, or is damaged ({error}): export it again") from None
    if not ours:
        raise ArtefactError(f"{path} has no card of ours at its end: `{MAKER}` writes files that have one")
    graph = data[:start]
    return graph, unsealed(text, {"graph": sha256_of(graph)}, path)


def _field(number: int, value: bytes) -> bytes:
    return _number(number << 3 | _BYTES) + _number(len(value)) + value


def _number(value: int) -> bytes:
    """A number in groups of seven bits, the lowest first."""
    digits = bytearray()
    while value > 127:
        digits.append(value & 127 | 128)
        value >>= 7
    return bytes([*digits, value])


def _fields(data: bytes) -> list[tuple[int, int, bytes]]:
    """The fields of a message: number, place and bytes; none of a number's.

    Raises:
        IndexError, ValueError: they are none.
    """
    found, place = [], 0
    while place < len(data):
        start = place
        tag, place = _read_number(data, place)
        size, after = _read_number(data, place)
        if tag & 7 == _BYTES:
            place = after + size
            if place > len(data):
                raise ValueError("it ends too early")
            found.append((tag >> 3, start, data[after:place]))
        elif tag & 7 == _VARINT:
            place = after
            found.append((tag >> 3, start, b""))
        else:
            raise ValueError("a field of an unknown kind")
    return found


def _read_number(data: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while data[place] > 127:
        value |= (data[place] & 127) << shift
        shift += 7
        place += 1
    return value | data[place] << shift, place + 1
