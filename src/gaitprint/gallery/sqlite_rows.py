"""Rows of the embedded engine, as statements: names of tables and columns are the schema's, all else is a parameter."""

from collections.abc import Sequence
from typing import Any

import apsw

from gaitprint.gallery.contract import TABLES, Condition


class SqliteRows:
    """Rows of one connection: reads, and what changes them within a transaction."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    def rows(
        self, table: str, columns: Sequence[str], *where: Condition, last: int | None = None
    ) -> list[tuple[Any, ...]]:
        """See `Reader`."""
        clause, values = _where(table, where)
        order = " ORDER BY id" if last is None else f" ORDER BY id DESC LIMIT {int(last)}"
        text = f"SELECT {', '.join(_known(table, columns))} FROM {table}{clause}{order}"  # noqa: S608 - names of ours
        return list(self._connection.execute(text, values))

    def insert(self, table: str, values: dict[str, Any]) -> int:
        """See `Writer`."""
        names = _known(table, values)
        marks = ", ".join("?" * len(names))
        text = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})"  # noqa: S608
        self._connection.execute(text, tuple(values.values()))
        return self._connection.last_insert_rowid()

    def update(self, table: str, row: int | str, values: dict[str, Any]) -> None:
        """See `Writer`."""
        changed = ", ".join(f"{name} = ?" for name in _known(table, values))
        self._connection.execute(f"UPDATE {table} SET {changed} WHERE id = ?", (*values.values(), row))  # noqa: S608

    def delete(self, table: str, *where: Condition) -> int:
        """See `Writer`."""
        clause, values = _where(table, where)
        self._connection.execute(f"DELETE FROM {_table(table)}{clause}", values)  # noqa: S608
        return self._connection.changes()


def _where(table: str, conditions: Sequence[Condition]) -> tuple[str, tuple[Any, ...]]:
    parts, values = list[str](), list[Any]()
    for column, operator, value in conditions:
        (name,) = _known(table, [column])
        # an empty list gives `IN ()`, which SQLite takes and which holds for nothing
        several = list(value) if operator == "in" else [value]
        parts.append(f"{name} IN ({', '.join('?' * len(several))})" if operator == "in" else f"{name} {operator} ?")
        values += several
    return (f" WHERE {' AND '.join(parts)}" if parts else ""), tuple(values)


def _table(table: str) -> str:
    if table not in TABLES:
        raise KeyError(table)
    return table


def _known(table: str, columns: Sequence[str] | dict[str, Any]) -> list[str]:
    """Names that the schema has: nothing else becomes part of a statement."""
    known = TABLES[_table(table)]
    strange = [c for c in columns if c != "id" and c not in known]
    if strange:
        raise KeyError(strange[0])
    return list(columns)
