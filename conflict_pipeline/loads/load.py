"""The load of one table: from Snowflake into a staging table, and from there, in one transaction, into place.

Dimensions and small facts are loaded whole. The two visit facts are loaded by what has changed since their
watermark; their first load, and a full one, goes by steps of visit dates, each committed to an unlogged
staging table, so that one that was broken off goes on where it was.

What is left if the process dies: before the merge's commit the table and its watermark as they were, and the
steps that are done; after it the new table and the new watermark. Never a mixture.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import pyarrow as pa
from psycopg import sql

from conflict_pipeline.errors import PipelineError
from conflict_pipeline.loads.arrow_copy import ArrowCopy, CopyResult, Target
from conflict_pipeline.loads.merge import Merge, MergeResult
from conflict_pipeline.loads.source import Slice, SourceTable
from conflict_pipeline.postgres import schema, tables
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.settings import Settings
from conflict_pipeline.snowflake.session import SnowflakeSession

SECONDS_BETWEEN_LINES = 10.0
# Each visit is in one of the two: a deleted visit has moved from the first to the second.
COUNTERPARTS = dict(zip(tables.STAGED_TABLES, reversed(tables.STAGED_TABLES), strict=True))
_STAGE = sql.Identifier("pg_temp", "arriving")
_MOVED = sql.Identifier("pg_temp", "moved")
Mode = Literal["full", "incremental"]


@dataclass(frozen=True)
class LoadResult:
    """What a load did. `rows` and `bytes`: what was read in this run; `watermark` of an incremental table."""

    table: str
    mode: Mode
    rows: int
    bytes: int
    merged: MergeResult
    watermark: datetime | None
    seconds: float


def load_table(
    source: SnowflakeSession,
    session: Session,
    table: tables.Table,
    settings: Settings,
    log: Callable[[str], None],
    *,
    full: bool = False,
) -> LoadResult:
    """Load `table`; `log` is given lines of progress. `full`: do not go by the watermark.

    Safe to run again at any time. Raises PipelineError, with table and watermark as they were, for what a
    person has to mend: a value that does not fit, a missing column, an empty source, another load at work.
    """
    started = time.monotonic()
    # A large table takes longer than a chunk may.
    session.conn.execute("SELECT set_config('statement_timeout', '0', false)")
    name = f"conflict_pipeline load {session.schema_names['analytics']}.{table.name}"
    if not session.one("loads/lock_table", {"name": name})["is_ours"]:
        raise PipelineError(f"Another load of {table.name} is at work.")
    load = _Load(source, session, table, settings, log)
    mode: Mode = "full"
    if table.name not in COUNTERPARTS:
        copied, merged, watermark = load.whole()
    elif full or (watermark := load.watermark()) is None or load.slices():
        copied, merged, watermark = load.in_slices()
    else:
        mode = "incremental"
        copied, merged, watermark = load.changes(watermark)
    return LoadResult(
        table.name, mode, copied.rows, copied.bytes, merged, watermark, time.monotonic() - started
    )


class _Load:
    """One load under way."""

    def __init__(
        self,
        source: SnowflakeSession,
        session: Session,
        table: tables.Table,
        settings: Settings,
        log: Callable[[str], None],
    ) -> None:
        self._source_session = source
        self._session = session
        self._table = table
        self._settings = settings
        self._source = SourceTable(source, table)
        self._copy = ArrowCopy(table.name, _targets(session, table), settings.report_timezone)
        self._progress = _Progress(table.name, log)
        self._named = {"table_name": table.name}

    def whole(self) -> tuple[CopyResult, MergeResult, None]:
        """Everything, at once."""
        copied = self._arrive_at_once(self._source.rows())
        with self._session.transaction():
            self._refuse_to_empty(copied.rows)
            return copied, self._merge(_STAGE).run(delete_missing=True), None

    def watermark(self) -> datetime | None:
        row = self._session.row("loads/select_watermark", self._named)
        return row["watermark"] if row else None

    def changes(self, watermark: datetime) -> tuple[CopyResult, MergeResult, datetime]:
        """What was changed since the watermark, or so shortly before it that it may have come late."""
        # In UTC: on another clock an hour can be none, or two.
        lower = watermark.astimezone(UTC) - timedelta(hours=self._settings.load_overlap_hours)
        now = self._source.now()
        copied = self._arrive_at_once(self._source.changed_rows(lower))
        self._fetch_moved(lower)
        with self._session.transaction():
            merge = self._merge(_STAGE)
            merged = merge.run(delete_missing=False)
            gone = merge.delete_moved(_MOVED)
            # A row from the future must not hide those that come before it.
            watermark = max(watermark, min(merge.newest() or watermark, now))
            self._set_watermark(watermark, is_whole=False)
        return copied, MergeResult(merged.inserted, merged.updated, gone, merged.repeated), watermark

    def _set_watermark(self, watermark: datetime | None, *, is_whole: bool) -> None:
        values = {**self._named, "watermark": watermark, "is_whole": is_whole}
        self._session.execute("loads/upsert_watermark", values)

    def slices(self) -> list[dict[str, Any]]:
        """The steps of a first or full load that is under way."""
        return self._session.rows("loads/select_slices", self._named)

    def in_slices(self) -> tuple[CopyResult, MergeResult, datetime | None]:
        """Everything, by steps of visit dates; those that an earlier run has done are not done again."""
        stage = sql.Identifier(
            self._session.schema_names[self._table.schema], tables.staging_name(self._table.name)
        )
        slices = self.slices() or self._plan_slices(stage)
        self._progress.expected = sum(row["expected_rows"] for row in slices)
        arrived = sum(row["loaded_rows"] or 0 for row in slices)
        rows = bytes_ = 0
        for row in slices:
            if row["loaded_rows"] is not None:
                continue
            part = Slice(row["from_date"], row["to_date"], row["undated"], row["expected_rows"])
            with self._session.transaction():
                copied = self._arrive(stage, self._source.rows_of(part))
                done = {**self._named, "slice_number": row["slice_number"], "loaded_rows": copied.rows}
                self._session.execute("loads/update_slice", done)
            rows, bytes_ = rows + copied.rows, bytes_ + copied.bytes
        try:
            self._refuse_to_empty(arrived + rows)
        except PipelineError:
            # The next load reads anew, and does not go by steps that found nothing.
            with self._session.transaction():
                self._forget_slices(stage)
            raise
        with self._session.transaction():
            schema.analyze(self._session, stage)
            merge = self._merge(stage)
            merged = merge.run(delete_missing=True)
            newest = merge.newest()
            watermark = min(newest, slices[0]["planned_at"]) if newest and slices else None
            self._set_watermark(watermark, is_whole=True)
            self._forget_slices(stage)
        return CopyResult(rows, bytes_), merged, watermark

    def _plan_slices(self, stage: sql.Identifier) -> list[dict[str, Any]]:
        # The clock first: what changes from here on is for the load after this one.
        now = self._source.now()
        slices = self._source.slices(self._settings.load_slice_rows)
        with self._session.transaction():
            self._forget_slices(stage)
            for number, part in enumerate(slices):
                values = {
                    **self._named,
                    "slice_number": number,
                    "from_date": part.from_date,
                    "to_date": part.to_date,
                    "undated": part.undated,
                    "planned_at": now,
                    "expected_rows": part.rows,
                }
                self._session.execute("loads/insert_slice", values)
        return self.slices()

    def _forget_slices(self, stage: sql.Identifier) -> None:
        self._session.conn.execute(sql.SQL("TRUNCATE {}").format(stage))
        self._session.execute("loads/delete_slices", self._named)

    def _fetch_moved(self, lower: datetime) -> None:
        """The keys of rows that have gone to the counterpart, into a table of this session."""
        other = SourceTable(self._source_session, tables.get_table(COUNTERPARTS[self._table.name]))
        (key,) = self._table.primary_key
        self._create_temporary(_MOVED, sql.Identifier(key))
        keys = [target for target in _targets(self._session, self._table) if target.name == key]
        copy = ArrowCopy(self._table.name, keys, self._settings.report_timezone)
        copy.copy(self._session, _MOVED, self._source.moved_keys(lower, other), lambda *_: None)

    def _arrive_at_once(self, tables: Iterable[pa.Table]) -> CopyResult:
        """Into a table of this session."""
        columns = sql.SQL(", ").join(sql.Identifier(column.name) for column in self._table.columns)
        self._create_temporary(_STAGE, columns)
        copied = self._arrive(_STAGE, tables)
        self._session.conn.execute(sql.SQL("ANALYZE {}").format(_STAGE))
        return copied

    def _arrive(self, stage: sql.Identifier, tables: Iterable[pa.Table]) -> CopyResult:
        return self._copy.copy(self._session, stage, tables, self._progress.add)

    def _merge(self, stage: sql.Identifier) -> Merge:
        return Merge(self._session, self._table, stage)

    def _create_temporary(self, name: sql.Identifier, columns: sql.Composable) -> None:
        self._session.conn.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(name))
        self._session.execute("loads/create_stage", stage=name, columns=columns, target=self._target())

    def _target(self) -> sql.Identifier:
        return sql.Identifier(self._session.schema_names[self._table.schema], self._table.name)

    def _refuse_to_empty(self, arrived: int) -> None:
        if not arrived and self._session.one("loads/select_has_rows", target=self._target())["has_rows"]:
            raise PipelineError(
                f"{self._table.name} is empty in Snowflake, and not in Postgres. Nothing was changed: if "
                "that is right, empty the table in Postgres first."
            )


class _Progress:
    """Lines that come seldom enough to be read."""

    def __init__(self, name: str, log: Callable[[str], None]) -> None:
        self._name = name
        self._log = log
        self._started = self._last_line = time.monotonic()
        self._rows = self._bytes = 0
        self.expected = 0

    def add(self, rows: int, size: int) -> None:
        self._rows += rows
        self._bytes += size
        now = time.monotonic()
        if now - self._last_line >= SECONDS_BETWEEN_LINES:
            self._last_line = now
            of = f" of {self.expected:,}" if self.expected else ""
            self._log(
                f"{self._name}: {self._rows:,}{of} rows, {self._bytes / 1e6:,.0f} MB, "
                f"{self._rows / (now - self._started):,.0f} rows/s"
            )


def _targets(session: Session, table: tables.Table) -> list[Target]:
    types = schema.column_types(session, table)
    return [Target(column.name, types[column.name], column.in_primary_key) for column in table.columns]


def load_line(loaded: LoadResult) -> str:
    merged = loaded.merged
    repeated = f", {merged.repeated:,} with a repeated key left out" if merged.repeated else ""
    return (
        f"{loaded.mode} load: {loaded.rows:,} rows read in {loaded.seconds:.1f} s; "
        f"{merged.inserted:,} inserted, {merged.updated:,} updated, {merged.deleted:,} deleted{repeated}."
    )
