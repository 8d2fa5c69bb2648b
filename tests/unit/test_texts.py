"""Text files of any program: whoever reads one goes through `decode_text`."""

import codecs
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from gaitprint.atomic_files import read_json
from gaitprint.config import read_toml
from gaitprint.errors import GaitprintError
from gaitprint.evaluation.protocol.protocol import load_protocol
from gaitprint.interop.yaml_reading import read_yaml
from gaitprint.texts import decode_text, natural_order

CODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-32")
READERS: dict[str, tuple[Callable[[Path], object], str, object]] = {
    "json": (lambda path: read_json(path, "the list"), '{"name": "Ünal"}', {"name": "Ünal"}),
    "toml": (read_toml, 'name = "Ünal"\n', {"name": "Ünal"}),
    "yaml": (read_yaml, "name: Ünal\n", {"name": "Ünal"}),
}


@pytest.mark.parametrize("ending", READERS)
@pytest.mark.parametrize("coding", CODINGS)
def test_a_byte_order_mark_is_no_harm(tmp_path: Path, ending: str, coding: str) -> None:
    read, text, value = READERS[ending]
    path = tmp_path / f"x.{ending}"
    path.write_bytes(text.encode(coding))
    assert read(path) == value


def test_marks_of_the_other_order_of_bytes_are_known() -> None:
    assert decode_text(codecs.BOM_UTF16_BE + "é".encode("utf-16-be")) == "é"
    assert decode_text(codecs.BOM_UTF32_BE + "é".encode("utf-32-be")) == "é"


@pytest.mark.parametrize("ending", READERS)
def test_another_coding_is_refused_in_one_line_that_says_where(tmp_path: Path, ending: str) -> None:
    read, text, _ = READERS[ending]
    path = tmp_path / f"x.{ending}"
    path.write_bytes(("\n" + text).encode("latin-1"))
    with pytest.raises(GaitprintError, match=r"no text in UTF-8 \(byte 0xdc in line 2\): save it as UTF-8") as caught:
        read(path)
    assert "\n" not in str(caught.value)
    path.write_bytes(codecs.BOM_UTF16_LE + b"a")
    with pytest.raises(GaitprintError, match=r"no text in UTF-16-LE \(damaged\)"):
        read(path)


@pytest.mark.parametrize("ending", READERS)
@pytest.mark.parametrize("coding", ["utf-16-le", "utf-16-be", "utf-32-le"])
def test_wide_characters_without_a_mark_are_named(tmp_path: Path, ending: str, coding: str) -> None:
    read, text, _ = READERS[ending]
    path = tmp_path / f"x.{ending}"
    path.write_bytes(text.replace("Ü", "U").encode(coding))
    with pytest.raises(GaitprintError, match=r"zero bytes, as UTF-16 without a byte order mark does: save it as UTF-8"):
        read(path)


def test_a_protocol_that_an_editor_marked_is_read(tmp_path: Path) -> None:
    text = """name = "mine"\ntitle = "mine"\nsource = "here"\nmode = "pooled"\n[gallery]\n[probes.all]\n"""
    (tmp_path / "mine.toml").write_bytes(codecs.BOM_UTF8 + text.encode())
    assert load_protocol(tmp_path / "mine.toml").name == "mine"


def test_numbers_in_names_may_be_of_any_length():
    names = ["9" * 5000, "1" + "0" * 5000, "0" * 5000 + "8"]
    assert sorted(names, key=natural_order) == [names[2], names[0], names[1]]


@pytest.mark.parametrize("kind", ["folder", "pipe", "pipe with a writer"])
@pytest.mark.parametrize("ending", ["toml", "json", "yaml"])
def test_what_is_no_regular_file_is_refused_unread(tmp_path: Path, ending: str, kind: str) -> None:
    path = tmp_path / f"settings.{ending}"
    if kind == "folder":
        path.mkdir()
    else:
        os.mkfifo(path)  # to open it is to wait, for ever where nobody writes
    held = os.open(path, os.O_RDWR) if kind.endswith("writer") else None
    with pytest.raises(GaitprintError, match=r"cannot be read.*(it is a folder|no regular file)") as caught:
        READERS[ending][0](path)
    assert "Errno" not in str(caught.value)
    if held is not None:
        os.close(held)
