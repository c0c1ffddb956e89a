"""Merges the rows of a staging table into the table itself, by key, and writes only rows that differ."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from psycopg import sql

from conflict_pipeline.loads.source import UPDATED
from conflict_pipeline.postgres import tables
from conflict_pipeline.postgres.session import Session


@dataclass(frozen=True)
class MergeResult:
    """Rows written; `repeated` counts staged rows that were left out because a newer one has their key."""

    inserted: int
    updated: int
    deleted: int
    repeated: int


class Merge:
    """Merges `stage`, which has the columns of `table`, into `table` in the caller's transaction.

    Other sessions see the old rows until the commit, and their reads are not blocked.
    """

    def __init__(self, session: Session, table: tables.Table, stage: sql.Identifier) -> None:
        self._session = session
        self._table = table
        self.stage = stage
        names = [column.name for column in table.columns]
        values = [name for name in names if name not in table.primary_key]
        self._parts: dict[str, sql.Composable] = {
            "target": sql.Identifier(session.schema_names[table.schema], table.name),
            "same_key": self._same_key("stage"),
            "columns": _list(sql.Identifier(name) for name in names),
            "assignments": _list(
                sql.SQL("{} = {}").format(sql.Identifier(name), sql.Identifier("stage", name))
                for name in values
            ),
            "target_values": _list(sql.Identifier("target", name) for name in values),
            "stage_values": _list(sql.Identifier("stage", name) for name in values),
        }

    def run(self, *, delete_missing: bool) -> MergeResult:
        """Merge all staged rows; with `delete_missing`, delete the rows whose key is not staged."""
        if delete_missing:
            # Both sides have about as many rows, so a nested loop is never the fastest join. A planner whose
            # statistics show an empty table would choose one, and scan for each row what the statement itself
            # has inserted.
            self._session.conn.execute("SET LOCAL enable_nestloop = off")
        repeated = self._execute("delete_repeated", key=self._key(), newest_first=self._newest_first())
        updated = self._execute("update_changed")
        deleted = self._execute("delete_missing") if delete_missing else 0
        return MergeResult(self._execute("insert_new"), updated, deleted, repeated)

    def delete_moved(self, moved: sql.Identifier) -> int:
        """Delete the rows whose key is in the table `moved`; return their number."""
        return self._execute("delete_moved", moved=moved, same_key=self._same_key("moved"))

    def newest(self) -> datetime | None:
        """Return the latest time of change among the staged rows."""
        row = self._session.one("loads/select_newest", stage=self.stage, updated=sql.Identifier(UPDATED))
        newest: datetime | None = row["newest"]
        return newest

    def _execute(self, name: str, **parts: sql.Composable) -> int:
        parts = {**self._parts, "stage": self.stage, **parts}
        return self._session.execute(f"loads/{name}", None, **parts).rowcount

    def _key(self) -> sql.Composed:
        return _list(map(sql.Identifier, self._table.primary_key))

    def _same_key(self, other: str) -> sql.Composed:
        return sql.SQL(" AND ").join(
            sql.SQL("{} = {}").format(sql.Identifier("target", name), sql.Identifier(other, name))
            for name in self._table.primary_key
        )

    def _newest_first(self) -> sql.Composable:
        """Return the first terms of an ORDER BY; none for tables without a time of change."""
        if any(column.name == UPDATED for column in self._table.columns):
            return sql.SQL("{} DESC NULLS LAST,").format(sql.Identifier("stage", UPDATED))
        return sql.SQL("")


def _list(items: Iterable[sql.Composable]) -> sql.Composed:
    return sql.SQL(", ").join(items)
