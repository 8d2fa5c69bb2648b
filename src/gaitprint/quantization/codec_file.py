"""A codec on disk."""

from pathlib import Path

from gaitprint.card_file import read_card_file, write_card_file
from gaitprint.config import build_settings, settings_to_dict
from gaitprint.errors import ArtefactError, GaitprintError
from gaitprint.quantization.codec import Codec, assemble
from gaitprint.quantization.settings import CodecSettings
from gaitprint.types import PartLayout

FORMAT = "gaitprint-codec"
VERSION = 1
MAKER = "gaitprint gallery compress ... --out"
"""The command that makes one, for errors."""


def save_codec(path: Path, codec: Codec) -> int:
    """Write the whole file, or nothing; returns its bytes.

    Raises:
        DataError: the folder cannot be written to.
    """
    card = {
        "settings": settings_to_dict(codec.settings),
        "layout": [list(block) for block in codec.layout.blocks],
        "source": codec.source,
        "dataset": codec.dataset,
        "subjects": list(codec.subjects),
        "fingerprint": codec.fingerprint,
    }
    return write_card_file(path, FORMAT, VERSION, card, codec.learned)


def load_codec(path: Path) -> Codec:
    """Read and check a file of `save_codec`.

    Raises:
        ArtefactError: missing, foreign, damaged, of another version, or it contradicts itself.
    """
    card, arrays = read_card_file(path, FORMAT, VERSION, "codec", MAKER)
    try:
        settings: CodecSettings = build_settings(CodecSettings, card["settings"], "codec")
        layout = PartLayout(tuple((parts, channels) for parts, channels in card["layout"]))
        source, dataset, subjects = str(card["source"]), card["dataset"], tuple(map(str, card["subjects"]))
        codec = Codec(settings, layout, source, *assemble(settings, layout, arrays), dataset, subjects)
        if codec.fingerprint != card["fingerprint"]:
            raise ArtefactError(f"{path} is not the codec that it says it is (the fingerprint differs): make it again")
    except ArtefactError:
        raise
    except (GaitprintError, ValueError, KeyError, TypeError) as error:
        raise ArtefactError(f"{path} does not fit together ({error}): make it again") from None
    return codec
