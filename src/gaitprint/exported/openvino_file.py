"""The two files of an OpenVINO model, .xml and .bin, with a card in the first, of which no bit can change unnoticed."""

import html
import re
from pathlib import Path
from tempfile import TemporaryDirectory

from gaitprint.atomic_files import sha256_of
from gaitprint.errors import ArtefactError
from gaitprint.exported.card import KEY, MAKER, ExportCard, sealed, unsealed
from gaitprint.extras import require_extra

_CARD = re.compile(rf'<{KEY} value="([^"]*)" />')
_INFO = "<rt_info>"
"""Where the format keeps what is said of a model as a whole."""


def openvino_pair(graph: bytes) -> tuple[str, bytes]:
    """An ONNX graph as OpenVINO writes it: the text of the .xml and the bytes of the .bin."""
    require_extra("openvino")
    import openvino

    model = openvino.Core().read_model(graph, b"")
    model.set_rt_info(KEY, "made_by")
    with TemporaryDirectory() as folder:
        place = Path(folder) / "model.xml"
        openvino.serialize(model, place)
        return place.read_text(encoding="utf-8"), place.with_suffix(".bin").read_bytes()


def pack_xml(xml: str, weights: bytes, card: ExportCard) -> str:
    """The .xml with its card."""
    text = sealed(card, {"xml": sha256_of(xml), "bin": sha256_of(weights)})
    before, info, after = xml.rpartition(_INFO)
    return f'{before}{info}<{KEY} value="{html.escape(text)}" />{after}'


def unpack_xml(packed: str, weights: bytes, path: Path) -> tuple[str, ExportCard]:
    """The .xml without its card, and the card.

    Args:
        path: where the .xml was, for errors.

    Raises:
        ArtefactError: without a card of ours, damaged, changed, or the .bin is of another.
    """
    found = _CARD.findall(packed)
    if len(found) != 1:
        raise ArtefactError(f"{path} has no card of ours: `{MAKER}` writes files that have one")
    xml = _CARD.sub("", packed)
    return xml, unsealed(html.unescape(found[0]), {"xml": sha256_of(xml), "bin": sha256_of(weights)}, path)
