"""Files of weights for the video chain: of the installed package of them, or from a local path; never downloaded."""

import hashlib
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from gaitprint.config import read_toml
from gaitprint.errors import ArtefactError, ConfigError, DataError

PACKAGE = "gaitprint_video_models"
"""Who holds the shipped ones: a card `NAME.toml` for each, with the name and the SHA-256 of its file."""


@dataclass(frozen=True)
class ModelFile:
    """A file whose bytes are those that they should be."""

    path: Path
    sha256: str
    """Of its bytes, in hexadecimal: what it is, whatever it is called."""


def shipped_model(name: str) -> ModelFile:
    """Find a file of the installed package of weights and check it.

    Args:
        name: of its card, such as `person-detector`.

    Raises:
        ConfigError: the package is not installed.
        ArtefactError: a file in it is missing, or other bytes than its card says.
    """
    spec = find_spec(PACKAGE)
    folders = list((spec and spec.submodule_search_locations) or ())
    if not folders:
        package = PACKAGE.replace("_", "-")
        raise ConfigError(
            f"this needs the weights {name} of {package}, which is not installed: pip install {package} "
            f"(from a checkout: pip install packages/{package}), or name a file of your own"
        )
    card = read_toml(Path(folders[0], f"{name}.toml"))
    return local_model(Path(folders[0], card["file"]), card["sha256"])


def local_model(path: Path, sha256: str = "") -> ModelFile:
    """Check a file of weights.

    Args:
        sha256: what its bytes have to be; empty: whatever they are.

    Raises:
        DataError: there is no such file.
        ArtefactError: it holds other bytes.
    """
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise DataError(f"no file of weights can be read at {path} ({error.strerror}): check the path") from None
    if sha256 and found != sha256.lower():
        raise ArtefactError(
            f"{path} is damaged or another file: expected SHA-256 {sha256[:12]}..., found {found[:12]}...; install or "
            "copy it again"
        )
    return ModelFile(path, found)
