"""Which engine keeps a gallery: a file is the embedded one's, an address that of a server; sealed where it has keys."""

import os
from pathlib import Path

from gaitprint.extras import require_extra
from gaitprint.gallery.contract import Engine
from gaitprint.gallery.journal import read_fact
from gaitprint.gallery.key_file import KeyFile
from gaitprint.gallery.postgres import PostgresEngine
from gaitprint.gallery.postgres_address import address_in
from gaitprint.gallery.sealed import KEYS, SealedEngine
from gaitprint.gallery.sqlite import SqliteEngine

VARIABLE = "GAITPRINT_KEYS"
"""Names the file of keys where it is no longer where it was made."""


def open_engine(place: Path) -> Engine:
    """Open what keeps a gallery.

    Raises:
        ArtefactError: missing, damaged, no gallery, or its keys are missing. DataError: it cannot be read. ConfigError:
            no address.
    """
    address = address_in(place)
    engine: Engine = SqliteEngine(place) if address is None else PostgresEngine(address)
    # a gallery says itself that it is sealed: nobody opens it as if it were not
    try:
        with engine.reading() as reader:
            keys = read_fact(reader, KEYS)
        return SealedEngine(engine, KeyFile(Path(os.environ.get(VARIABLE) or keys))) if keys else engine
    except BaseException:
        engine.close()
        raise


def create_engine(place: Path, facts: dict[str, str], keys: Path | None = None) -> Engine:
    """Make an empty one with these facts in `meta`.

    Args:
        place: of a file, or an address.
        facts: of the gallery.
        keys: the file of keys to make, which seals it; None: it is not sealed.

    Raises:
        ArtefactError: something is there. DataError: it cannot be written. ConfigError: no address.
    """
    address, made = address_in(place), None
    if keys is not None:
        require_extra("cryptography")
        made = KeyFile.create(keys)
        # absolute, so that the gallery is opened from anywhere
        facts = {**facts, KEYS: str(keys.absolute())}
    try:
        engine: Engine = SqliteEngine.create(place, facts) if address is None else PostgresEngine.create(address, facts)
    except BaseException:
        if made is not None:
            made.close()
            made.place.unlink()
        raise
    return engine if made is None else SealedEngine(engine, made)
