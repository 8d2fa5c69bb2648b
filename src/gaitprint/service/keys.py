"""Who may ask: keys of 256 random bits, shown once and kept as their SHA-256, with scopes and cameras.

A key is looked up by its public half and its secret half is compared in constant time. A slow hash is for passwords,
which can be guessed; 256 random bits cannot.
"""

import hashlib
import hmac
import json
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from gaitprint.errors import AbsentError, ConfigError, DataError
from gaitprint.gallery.times import now
from gaitprint.service.problems import RefusedError
from gaitprint.service.side_file import SideFile

Scope = Literal["search", "enrol", "delete", "read", "audit", "admin"]
SCOPES: tuple[str, ...] = get_args(Scope)
_NOBODY = hashlib.sha256(b"nobody").digest()
"""What a key that does not exist is compared with, so that this takes as long."""
_LIST = "SELECT id, name, scopes, cameras, created, used, revoked FROM keys ORDER BY rowid"
_FIND = "SELECT id, name, scopes, cameras, created, used, revoked, digest FROM keys WHERE id = ? AND revoked = ''"


@dataclass(frozen=True)
class Key:
    """A key, without its secret."""

    id: str
    name: str
    """What people call it, such as the camera that holds it."""
    scopes: tuple[str, ...]
    cameras: tuple[str, ...] | None
    """It sees only walks, probes and people of these; None: all of them. "" stands for walks without a camera."""
    created: str
    used: str
    """The day of its last use; empty: never."""
    revoked: str
    """When it was; empty: it was not."""

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)

    def require(self, scope: str) -> None:
        """Refuse what the key is not for.

        Raises:
            RefusedError: 403.
        """
        if scope not in self.scopes:
            raise RefusedError(403, f"this needs a key with the scope {scope!r}, this one has {', '.join(self.scopes)}")

    def require_everything(self, what: str) -> None:
        """Refuse what concerns the whole service to a key of some cameras.

        Raises:
            RefusedError: 403.
        """
        if self.cameras is not None:
            raise RefusedError(403, f"{what} concerns all cameras, and this key is limited to some")


class Keys:
    """The keys of a service.

    Args:
        file: where they are kept.
    """

    def __init__(self, file: SideFile) -> None:
        self._file = file

    def create(self, name: str, scopes: Sequence[str], cameras: Sequence[str] | None = None) -> tuple[Key, str]:
        """Make a key; it and its text, which is not kept and cannot be shown again.

        Raises:
            ConfigError: no name, or scopes that there are not.
        """
        wrong = next((s for s in scopes if s not in SCOPES), None)
        if wrong is not None or not scopes:
            raise ConfigError(f"scopes are some of {', '.join(SCOPES)}, found {wrong or 'none'!r:.40}")
        if not name.strip() or not name.isprintable() or len(name) > 100:
            raise ConfigError(f"a key has a name of 1 to 100 printable letters, found {name!r:.40}")
        if cameras is not None and (not cameras or any(not c.isprintable() or len(c) > 300 for c in cameras)):
            raise ConfigError("cameras of a key are one or more printable names; leave them out for all")
        # the first half finds the row, the second is never stored
        number, secret = secrets.token_hex(4), secrets.token_urlsafe(32)
        ordered = [s for s in SCOPES if s in scopes]
        own = None if cameras is None else json.dumps(sorted(set(cameras)), ensure_ascii=False)
        self._file.run(
            "INSERT INTO keys VALUES (?, ?, ?, ?, ?, ?, '', '')",
            *(number, name, _digest(secret), json.dumps(ordered), own, now()),
        )
        return self.known()[-1], f"gp_{number}_{secret}"

    def known(self) -> list[Key]:
        """All keys, revoked ones too, in the order in which they were made."""
        return [_key(row) for row in self._file.rows(_LIST)]

    def revoke(self, number: str) -> None:
        """Let a key open nothing any more.

        Raises:
            DataError: there is none of this id, it was revoked, or nobody would be left to make another.
        """
        with self._file.together():
            there = {key.id: key for key in self.known() if not key.revoked}
            if number not in there:
                raise AbsentError(f"no key in use has the id {number!r:.40}")
            # nobody could make a key over HTTP any more
            rest = [key for key in there.values() if "admin" in key.scopes and key.id != number]
            if "admin" in there[number].scopes and not rest:
                raise DataError("it is the last key that may make keys: make another one first")
            self._file.rows("UPDATE keys SET revoked = ? WHERE id = ?", now(), number)

    def opened_by(self, header: str | None) -> Key:
        """The key of an Authorization header.

        Raises:
            RefusedError: 401, the same whatever is wrong with it.
        """
        # whatever is missing becomes empty text, and is refused below like any wrong key
        scheme, _, text = (header or "").strip().partition(" ")
        mark, _, rest = text.strip().partition("_")
        number, _, secret = rest.partition("_")
        rows = self._file.rows(_FIND, number[:64])
        expected = bytes(rows[0][-1]) if rows else _NOBODY
        # one comparison in any case, in constant time
        same = hmac.compare_digest(_digest(secret[:256]), expected)
        if not (same and rows and scheme.lower() == "bearer" and mark == "gp"):
            raise RefusedError(
                401, "a key is needed, as in `Authorization: Bearer gp_...`", {"WWW-Authenticate": "Bearer"}
            )
        key = _key(rows[0][:-1])
        if key.used != now()[:10]:
            # once a day: a write a request would cost more than the request
            self._file.run("UPDATE keys SET used = ? WHERE id = ?", now()[:10], key.id)
        return key


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()


def _key(row: tuple[Any, ...]) -> Key:
    number, name, scopes, cameras, *times = row
    own = None if cameras is None else tuple(json.loads(cameras))
    return Key(number, name, tuple(json.loads(scopes)), own, *times)
