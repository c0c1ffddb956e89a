"""The load of one table: from Snowflake into a staging table, then merged into the table in one transaction.

Dimensions and small facts are loaded in full. The two visit facts are loaded incrementally, by what has
changed since their watermark. Their first load, and a full one, is split into slices of visit dates, each
committed to an unlogged staging table, so that an interrupted load continues with the next slice.

If the process dies before the merge commits, the table and its watermark are unchanged, and complete slices
are kept. The new rows and the new watermark are committed together.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal

import pyarrow as pa
from psycopg import sql

from conflict_pipeline.errors import PipelineError
from conflict_pipeline.loads.arrow_copy import ArrowCopy, CopyResult, TargetColumn
from conflict_pipeline.loads.merge import Merge, MergeResult
from conflict_pipeline.loads.slices import PlannedSlice, SlicePlan
from conflict_pipeline.loads.source import SourceTable
from conflict_pipeline.postgres import schema, tables
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.settings import Settings
from conflict_pipeline.snowflake.session import SnowflakeSession

# Seconds between two lines of progress.
PROGRESS_INTERVAL = 10.0
# Each visit is in one of the two tables; one that is deleted moves from the first to the second.
_COUNTERPARTS = dict(zip(tables.STAGED_TABLES, reversed(tables.STAGED_TABLES), strict=True))
_STAGE = sql.Identifier("pg_temp", "arriving")
_MOVED = sql.Identifier("pg_temp", "moved")
Mode = Literal["full", "incremental"]


@dataclass(frozen=True)
class LoadResult:
    """What one load did; `rows` and `bytes` were read in this run, without slices of an earlier one.

    `watermark` is None for tables that are always loaded in full.
    """

    table: str
    mode: Mode
    rows: int
    bytes: int
    merged: MergeResult
    watermark: datetime | None
    seconds: float

    def summary(self) -> str:
        """Return one line for the log."""
        merged = self.merged
        repeated = f", {merged.repeated:,} with a repeated key left out" if merged.repeated else ""
        return (
            f"{self.mode} load: {self.rows:,} rows read in {self.seconds:.1f} s; "
            f"{merged.inserted:,} inserted, {merged.updated:,} updated, {merged.deleted:,} deleted{repeated}."
        )


def load_table(
    source: SnowflakeSession,
    session: Session,
    table: tables.Table,
    settings: Settings,
    log: Callable[[str], None],
    *,
    full: bool = False,
) -> LoadResult:
    """Load the table and pass lines of progress to `log`; with `full`, ignore its watermark.

    A load can be repeated at any time. Raises PipelineError, and leaves table and watermark unchanged, if an
    operator has to act: for a value that does not fit, a missing column, an empty source, or another load of
    the table that is running.
    """
    started = time.monotonic()
    # A large table takes longer than the limit for a chunk's statements.
    session.conn.execute("SELECT set_config('statement_timeout', '0', false)")
    if not lock_table(session, table):
        raise PipelineError(f"Another load of {table.name} is running. Wait until it has ended.")
    load = _TableLoad(source, session, table, settings, log)
    mode: Mode = "full"
    if table.name not in _COUNTERPARTS:
        copied, merged, watermark = load.run_at_once()
    elif full or (watermark := load.watermark()) is None or load.plan.slices():
        copied, merged, watermark = load.run_in_slices()
    else:
        mode = "incremental"
        copied, merged, watermark = load.run_incrementally(watermark)
    seconds = time.monotonic() - started
    return LoadResult(table.name, mode, copied.rows, copied.bytes, merged, watermark, seconds)


def lock_table(session: Session, table: tables.Table) -> bool:
    """Keep other sessions from loading the table until this one ends; False if another one is loading it."""
    name = f"conflict_pipeline load {session.schema_names['analytics']}.{table.name}"
    query = "SELECT pg_try_advisory_lock(hashtextextended(%s, 0)) AS is_locked"
    return bool(session.conn.execute(query, [name]).fetchall()[0]["is_locked"])


class _TableLoad:
    """One run of a load; its `run_…` methods return what was copied and merged, and the new watermark."""

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
        self._target = sql.Identifier(session.schema_names[table.schema], table.name)
        self._columns = _target_columns(session, table)
        self._copy = ArrowCopy(table.name, self._columns, settings.report_timezone)
        self._progress = _Progress(table.name, log)
        self._named = {"table_name": table.name}
        self.plan = SlicePlan(session, table)

    def run_at_once(self) -> tuple[CopyResult, MergeResult, None]:
        """Load every row in one transaction."""
        copied = self._copy_at_once(self._source.rows())
        with self._session.transaction():
            self._require_rows(copied.rows)
            return copied, self._merge(_STAGE).run(delete_missing=True), None

    def run_incrementally(self, watermark: datetime) -> tuple[CopyResult, MergeResult, datetime]:
        """Load what has changed since the watermark, less LOAD_OVERLAP_HOURS for rows that arrived late."""
        # In UTC, because in local time the overlap would be an hour off when the clocks change.
        lower = watermark.astimezone(UTC) - timedelta(hours=self._settings.load_overlap_hours)
        now = self._source.now()
        copied = self._copy_at_once(self._source.changed_rows(lower))
        self._copy_moved_keys(lower)
        with self._session.transaction():
            merge = self._merge(_STAGE)
            merged = merge.run(delete_missing=False)
            moved = merge.delete_moved(_MOVED)
            # A timestamp in the future must not hide the changes until then.
            watermark = max(watermark, min(merge.newest() or watermark, now))
            self._set_watermark(watermark, is_whole=False)
        return copied, replace(merged, deleted=moved), watermark

    def run_in_slices(self) -> tuple[CopyResult, MergeResult, datetime | None]:
        """Load every row, slice by slice, without those that an earlier run has completed."""
        slices = self.plan.slices() or self._plan_slices()
        self._progress.expected = sum(part.rows for part in slices)
        rows = bytes_ = 0
        for part in slices:
            if part.loaded_rows is not None:
                continue
            with self._session.transaction():
                copied = self._copy_into(self.plan.stage, self._source.rows_in(part))
                self.plan.complete(part, copied.rows)
            rows, bytes_ = rows + copied.rows, bytes_ + copied.bytes
        try:
            self._require_rows(rows + sum(part.loaded_rows or 0 for part in slices))
        except PipelineError:
            # So that the next load plans again instead of continuing with slices that found no row.
            with self._session.transaction():
                self.plan.clear()
            raise
        with self._session.transaction():
            schema.analyze(self._session, self.plan.stage)
            merge = self._merge(self.plan.stage)
            merged = merge.run(delete_missing=True)
            newest = merge.newest()
            watermark = min(newest, slices[0].planned_at) if newest and slices else None
            self._set_watermark(watermark, is_whole=True)
            self.plan.clear()
        return CopyResult(rows, bytes_), merged, watermark

    def watermark(self) -> datetime | None:
        row = self._session.row("loads/select_watermark", self._named)
        return row["watermark"] if row else None

    def _set_watermark(self, watermark: datetime | None, *, is_whole: bool) -> None:
        values = {**self._named, "watermark": watermark, "is_whole": is_whole}
        self._session.execute("loads/upsert_watermark", values)

    def _plan_slices(self) -> list[PlannedSlice]:
        # Read the clock first, so that the next load finds what changes after the slices were planned.
        now = self._source.now()
        self.plan.replace(self._source.slices(self._settings.load_slice_rows), now)
        return self.plan.slices()

    def _copy_moved_keys(self, lower: datetime) -> None:
        """Copy the keys of rows that have moved to the counterpart into a temporary table."""
        counterpart = SourceTable(self._source_session, tables.get_table(_COUNTERPARTS[self._table.name]))
        keys = [column for column in self._columns if column.in_key]
        self._create_temporary(_MOVED, keys)
        copy = ArrowCopy(self._table.name, keys, self._settings.report_timezone)
        copy.copy(self._session, _MOVED, self._source.moved_keys(lower, counterpart), lambda *_: None)

    def _copy_at_once(self, batches: Iterable[pa.Table]) -> CopyResult:
        """Copy all rows into a temporary table."""
        self._create_temporary(_STAGE, self._columns)
        copied = self._copy_into(_STAGE, batches)
        self._session.conn.execute(sql.SQL("ANALYZE {}").format(_STAGE))
        return copied

    def _copy_into(self, stage: sql.Identifier, batches: Iterable[pa.Table]) -> CopyResult:
        return self._copy.copy(self._session, stage, batches, self._progress.add)

    def _merge(self, stage: sql.Identifier) -> Merge:
        return Merge(self._session, self._table, stage)

    def _create_temporary(self, name: sql.Identifier, columns: list[TargetColumn]) -> None:
        self._session.conn.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(name))
        names = sql.SQL(", ").join(sql.Identifier(column.name) for column in columns)
        self._session.execute("loads/create_stage", stage=name, columns=names, target=self._target)

    def _require_rows(self, rows: int) -> None:
        """Raise PipelineError if no row was read for a table that has rows."""
        if not rows and self._session.one("loads/select_has_rows", target=self._target)["has_rows"]:
            raise PipelineError(
                f"{self._table.name} is empty in Snowflake but not in Postgres. Nothing was changed. If this "
                "is right, empty the table in Postgres first."
            )


class _Progress:
    """Logs the rows and bytes so far, at most once per PROGRESS_INTERVAL."""

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
        if now - self._last_line >= PROGRESS_INTERVAL:
            self._last_line = now
            of_expected = f" of {self.expected:,}" if self.expected else ""
            self._log(
                f"{self._name}: {self._rows:,}{of_expected} rows, {self._bytes / 1e6:,.0f} MB, "
                f"{self._rows / (now - self._started):,.0f} rows/s"
            )


def _target_columns(session: Session, table: tables.Table) -> list[TargetColumn]:
    types = schema.column_types(session, table)
    return [TargetColumn(column.name, types[column.name], column.in_primary_key) for column in table.columns]
