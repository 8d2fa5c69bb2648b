"""Rows whose values that say who somebody is are sealed: opened when they are read, sealed when they are written.

Each value has a key of its own (AES-256-GCM), whose name stands before it. Names and keys of walks are found by a keyed
hash in front of that (HMAC-SHA-256, its first 16 bytes).
"""

import base64
import hmac
import os
from collections.abc import Sequence
from operator import eq, gt, le, lt
from typing import Any

from gaitprint.errors import ArtefactError
from gaitprint.gallery.contract import Condition, Writer
from gaitprint.gallery.key_file import SEARCHING, KeyFile

SEALED = {
    "people": ("name", "tags", "basis"),
    "samples": ("key", "origin"),
    "templates": ("vector",),
    "negatives": ("vector",),
    "probes": ("key", "vector"),
    "walks": ("frames",),
    "fresh": ("vector",),
    "undo": ("images",),
}
FOUND = {("people", "name"), ("samples", "key")}
"""Which of these one is looked for by."""
_NAME, _NONCE = 16, 12


class SealedRows:
    """Rows of another engine, opened when they are read and sealed when they are written.

    Args:
        rows: of the other engine.
        keys: that open them.
    """

    def __init__(self, rows: Writer, keys: KeyFile) -> None:
        self._rows, self._keys = rows, keys
        self.made: dict[bytes, bytes] = {}
        """Keys of this change, which are not kept yet."""
        self.doomed: list[bytes] = []
        """Names of those whose values it deletes."""

    def rows(
        self, table: str, columns: Sequence[str], *where: Condition, last: int | None = None
    ) -> list[tuple[Any, ...]]:
        """See `Reader`."""
        hard = [c for c in where if _sealed_for(table, c)]
        if hard:
            # what is sealed has no order: such conditions are tried on what was opened
            easy = [c for c in where if c not in hard]
            found = self.rows(table, [*columns, *(c for c, _, _ in hard)], *easy)
            kept = [r for r in found if all(_holds(v, c) for v, c in zip(r[len(columns) :], hard, strict=True))]
            chosen = kept if last is None else kept[::-1][:last]
            return [row[: len(columns)] for row in chosen]
        sealed = [i for i, column in enumerate(columns) if column in SEALED.get(table, ())]
        found = self._rows.rows(table, columns, *self._conditions(table, where), last=last)
        if not sealed:
            # nothing to open, so nothing is copied
            return found
        opened = []
        for row in found:
            cells = list(row)
            for i in sealed:
                cells[i] = self._open(table, columns[i], row[i])
            opened.append(tuple(cells))
        return opened

    def insert(self, table: str, values: dict[str, Any]) -> int:
        """See `Writer`."""
        return self._rows.insert(table, self._sealed(table, values))

    def update(self, table: str, row: int | str, values: dict[str, Any]) -> None:
        """See `Writer`."""
        self._doom(table, [c for c in values if c in SEALED.get(table, ())], (("id", "=", row),))
        self._rows.update(table, row, self._sealed(table, values))

    def delete(self, table: str, *where: Condition) -> int:
        """See `Writer`."""
        conditions = self._conditions(table, where)
        self._doom(table, SEALED.get(table, ()), conditions)
        return self._rows.delete(table, *conditions)

    def _doom(self, table: str, columns: Sequence[str], where: Sequence[Condition]) -> None:
        # read before it goes: only the value itself says which key is its own
        if columns:
            for row in self._rows.rows(table, list(columns), *where):
                self.doomed += [
                    key_name(cell, (table, c) in FOUND) for c, cell in zip(columns, row, strict=True) if cell
                ]

    def _sealed(self, table: str, values: dict[str, Any]) -> dict[str, Any]:
        names = SEALED.get(table, ())
        return {c: self._seal(table, c, value) if c in names else value for c, value in values.items()}

    def _seal(self, table: str, column: str, value: Any) -> Any:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        if value is None:
            return None
        plain = value.encode() if isinstance(value, str) else bytes(value)
        name, key, nonce = os.urandom(_NAME), os.urandom(32), os.urandom(_NONCE)
        self.made[name] = key
        # bound to its column: a sealed value that is put into another one does not open
        data = name + nonce + AESGCM(key).encrypt(nonce, plain, f"{table}.{column}".encode())
        if not isinstance(value, str):
            return data
        # texts stay texts, so that any engine takes them
        head = self._hash(value) if (table, column) in FOUND else ""
        return head + base64.b64encode(data).decode()

    def _open(self, table: str, column: str, cell: Any) -> Any:
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        if cell is None:
            return None
        data = _data(cell, (table, column) in FOUND)
        name = data[:_NAME]
        # what this change has written is read within it, too
        key = self.made.get(name) or self._keys.get(name)
        try:
            if key is None:
                raise ArtefactError(f"the key of a value of {table} was destroyed: open the gallery again to forget it")
            nonce = data[_NAME : _NAME + _NONCE]
            plain = AESGCM(key).decrypt(nonce, data[_NAME + _NONCE :], f"{table}.{column}".encode())
        except (InvalidTag, ValueError):
            raise ArtefactError(f"a sealed value of {table} is damaged: use a backup of the gallery") from None
        return plain.decode() if isinstance(cell, str) else plain

    def _conditions(self, table: str, where: Sequence[Condition]) -> tuple[Condition, ...]:
        made = list[Condition]()
        for column, operator, value in where:
            if column not in SEALED.get(table, ()):
                made.append((column, operator, value))
            elif not _sealed_for(table, (column, operator, value)):
                # all that begins with the hash: 32 hexadecimal digits, then base64, whose letters are below "~"
                head = self._hash(value)
                made += [(column, ">", head), (column, "<", f"{head}~")]
            else:
                raise KeyError(f"{table}.{column} is sealed")
        return tuple(made)

    def _hash(self, value: str) -> str:
        return hmac.new(self._keys.get(SEARCHING) or b"", value.encode(), "sha256").hexdigest()[:32]


def _sealed_for(table: str, condition: Condition) -> bool:
    """Whether a condition asks for more than a sealed column tells."""
    column, operator, _ = condition
    # equal names have equal hashes, and that is all that is known of them
    return column in SEALED.get(table, ()) and not ((table, column) in FOUND and operator == "=")


def _holds(value: Any, condition: Condition) -> bool:
    _, operator, wanted = condition
    # nothing is more or less than nothing, as in SQL
    if value is None or wanted is None:
        return False
    tried = {"=": eq, "<": lt, "<=": le, ">": gt}
    return value in wanted if operator == "in" else bool(tried[operator](value, wanted))


def _data(cell: Any, found: bool) -> bytes:
    return base64.b64decode(cell[32:] if found else cell) if isinstance(cell, str) else bytes(cell)


def key_name(cell: Any, found: bool) -> bytes:
    """The name of the key of a sealed value; `found` says whether a hash stands in front."""
    return _data(cell, found)[:_NAME]
