"""Which engine keeps a gallery: a file is the embedded one's, an address that of a server."""

from pathlib import Path

from gaitprint.gallery.contract import Engine
from gaitprint.gallery.postgres import PostgresEngine
from gaitprint.gallery.postgres_address import address_in
from gaitprint.gallery.sqlite import SqliteEngine


def open_engine(place: Path) -> Engine:
    """Open what keeps a gallery.

    Raises:
        ArtefactError: missing, damaged, or no gallery. DataError: it cannot be read. ConfigError: no address.
    """
    address = address_in(place)
    return SqliteEngine(place) if address is None else PostgresEngine(address)


def create_engine(place: Path, facts: dict[str, str]) -> Engine:
    """Make an empty one with these facts in `meta`.

    Raises:
        ArtefactError: something is there. DataError: it cannot be written. ConfigError: no address.
    """
    address = address_in(place)
    return SqliteEngine.create(place, facts) if address is None else PostgresEngine.create(address, facts)
