"""What has arrived in a staging table goes into the table itself: by key, and only what differs."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from psycopg import sql

from conflict_pipeline.loads.source import UPDATED
from conflict_pipeline.postgres import tables
from conflict_pipeline.postgres.session import Session


@dataclass(frozen=True)
class MergeResult:
    """Rows written; `repeated`: rows that arrived with the key of a newer one, and were left out."""

    inserted: int
    updated: int
    deleted: int
    repeated: int


class Merge:
    """From `stage`, which holds the columns of `table`, into `table`; inside the caller's transaction.

    Readers see nothing of it before the commit, and are not blocked: rows that are equal are not touched.
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
        """`delete_missing`: the stage holds everything, and what is not in it goes."""
        if delete_missing:
            # About as many rows on both sides: to look each one up never pays. A planner that has seen the
            # table empty would, and read again for every row what the statement itself has written.
            self._session.conn.execute("SET LOCAL enable_nestloop = off")
        repeated = self._execute("delete_repeated", key=self._key(), newest_first=self._newest_first())
        updated = self._execute("update_changed")
        deleted = self._execute("delete_missing") if delete_missing else 0
        return MergeResult(self._execute("insert_new"), updated, deleted, repeated)

    def delete_moved(self, moved: sql.Identifier) -> int:
        """Remove the rows whose key is in `moved`; returns how many."""
        return self._execute("delete_moved", moved=moved, same_key=self._same_key("moved"))

    def newest(self) -> datetime | None:
        """When the newest row of the stage was changed."""
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
        if any(column.name == UPDATED for column in self._table.columns):
            return sql.SQL("{} DESC NULLS LAST,").format(sql.Identifier("stage", UPDATED))
        return sql.SQL("")


def _list(items: Iterable[sql.Composable]) -> sql.Composed:
    return sql.SQL(", ").join(items)
