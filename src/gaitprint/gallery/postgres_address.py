"""Where a PostgreSQL server is: an address as its own tools take it, with several hosts of which one is primary."""

import re
import struct
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from gaitprint.errors import ConfigError, DataError

SCHEME = "postgresql://"
_PORT = 5432
_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")
_EXAMPLE = f"{SCHEME}user:password@host:5432/database?schema=staff"


def address_in(given: object) -> str | None:
    """The address in what was given as the place of a gallery; None where it is that of a file.

    >>> address_in("postgresql://host/people"), address_in("postgresql:/host/people"), address_in("a.gallery")
    ('postgresql://host/people', 'postgresql://host/people', None)
    """
    text = str(given)
    # a path keeps one of two slashes
    single = SCHEME[:-1]
    return SCHEME + text[len(single) :].lstrip("/") if text.startswith(single) else None


@dataclass(frozen=True)
class PostgresAddress:
    """An address, taken apart."""

    hosts: tuple[tuple[str, int], ...]
    user: str
    password: str | None
    database: str
    schema: str
    timeout: float
    """Seconds after which a server that says nothing is given up."""

    @classmethod
    def parse(cls, text: str) -> "PostgresAddress":
        """Take an address apart.

        Raises:
            ConfigError: it is none.
        """
        parts = urlsplit(text)
        options = dict(parse_qsl(parts.query))
        account, _, places = parts.netloc.rpartition("@")
        user, mark, password = account.partition(":")
        hosts = list[tuple[str, int]]()
        for place in places.split(","):
            found = re.fullmatch(r"(\[[0-9a-fA-F:]+\]|[^:]*)(?::(\d{1,5}))?", place)
            if found is None or not found[1]:
                raise ConfigError(f"a gallery on a server has an address such as {_EXAMPLE}, found a host {place!r}")
            hosts.append((found[1].strip("[]"), int(found[2] or _PORT)))
        schema, database = options.pop("schema", "gaitprint"), unquote(parts.path.strip("/"))
        seconds = options.pop("timeout", "60")
        if not database or not _NAME.fullmatch(schema) or not seconds.isdecimal() or options or parts.fragment:
            raise ConfigError(
                f"a gallery on a server has an address such as {_EXAMPLE}: a database, a schema in small letters, and "
                f"perhaps a timeout in seconds, found {database!r}, {parts.query!r}"
            )
        named = unquote(user) or "postgres"
        return cls(tuple(hosts), named, unquote(password) if mark else None, database, schema, float(seconds))

    @property
    def shown(self) -> str:
        """For messages: without account and password."""
        places = ",".join(f"{host}:{port}" for host, port in self.hosts)
        return f"{SCHEME}{places}/{self.database}?schema={self.schema}"

    def connect(self) -> Any:
        """A connection to the host that is primary, each statement a transaction of its own unless one is begun.

        Raises:
            DataError: none answers, or all are standbys.
        """
        import pg8000
        import pg8000.dbapi

        # the order is that of the address: whoever was promoted answers next
        said = list[str]()
        for host, port in self.hosts:
            try:
                made = pg8000.dbapi.connect(
                    user=self.user,
                    password=self.password,
                    host=host,
                    port=port,
                    database=self.database,
                    timeout=self.timeout,
                    application_name="gaitprint",
                )
                made.autocommit = True
                cursor = made.cursor()
                cursor.execute("SELECT pg_is_in_recovery()")
                if not cursor.fetchone()[0]:
                    return made
                made.close()
                said.append(f"{host}:{port} is a standby")
            except (pg8000.Error, OSError, struct.error) as error:
                facts = error.args[0] if error.args and isinstance(error.args[0], dict) else {}
                said.append(f"{host}:{port}: {' '.join(str(facts.get('M', error)).split())}")
        raise DataError(f"{self.shown}: no primary server answers ({'; '.join(said)}): start one, or check the address")
