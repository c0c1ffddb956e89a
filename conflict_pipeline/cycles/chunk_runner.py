"""Task 02: mark and update the rows of one chunk (docs/rules.md, "Task 02").

Every chunk goes through `process_chunk`, whoever asks for it. What other sessions see, and what a death
leaves behind:

1. Claim: a session lock, which falls with the connection. Nothing written.
2. Mark: UpdateFlag 1 on the chunk's rows and ledger status `processing`, in one transaction. A death after
   it leaves rows that are marked and a chunk that is not completed and that nobody holds.
3. Update: the re-detected rows and ledger status `completed`, in one transaction: all or nothing.

With write mode `changed` nothing is marked in step 2; step 3 computes first, and writes only the rows whose
values differ and the marks that are missing. The end is the same, but for UpdatedDate of the other rows.

A rerun does an unfinished chunk again as a whole and ends in the same state.
"""

import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Literal

import psycopg
from psycopg import sql

from conflict_pipeline.cycles import ledger, locks
from conflict_pipeline.errors import PipelineError, UnreachableError, describe, is_transient
from conflict_pipeline.model import Chunk, ChunkCounts
from conflict_pipeline.postgres.session import Session

MAX_RETRIES = 2
# The joins of the wide visits of a chunk stay in memory.
ENOUGH_MEMORY = "SET LOCAL work_mem = '64MB'"
Lend = Callable[[], AbstractContextManager[Session]]


@dataclass(frozen=True)
class ChunkResult:
    """How one chunk ended; `reason` says why it was skipped, `counts` are there if it is completed."""

    partition_key: str
    outcome: Literal["completed", "skipped"]
    reason: str = ""
    planned: int = 0
    attempts: int = 0
    seconds: float = 0.0
    counts: ChunkCounts | None = None


class _SupersededError(Exception):
    """A newer plan was made since the chunk was claimed; what this chunk would write is rolled back."""


def process_chunk(
    lend: Lend,
    key: str,
    run_id: str,
    *,
    force: bool = False,
    retry_delay: float = 10.0,
    on_retry: Callable[[str], None] = lambda _: None,
) -> ChunkResult:
    """Process one chunk, trying again what can pass next time: twice, after `retry_delay` s and twice that.

    `lend` gives a session for one attempt. Raises PipelineError, with the chunk recorded as failed, when it
    cannot be done; ChunkBusyError when another session is at it; for an unknown key nothing is recorded.
    """
    for attempt in range(MAX_RETRIES + 1):
        try:
            with lend() as session:
                return _process_once(session, key, run_id, force=force)
        except (psycopg.Error, UnreachableError) as error:
            reason = describe(error)
            if attempt < MAX_RETRIES and is_transient(error):
                delay = retry_delay * 2**attempt
                _record_end(lend, key, run_id, reason, will_retry=True)
                on_retry(f"Chunk {key}: {reason}; trying again in {delay:g} s.")
                time.sleep(delay)
                continue
            _record_end(lend, key, run_id, reason, will_retry=False)
            raise PipelineError(f"Chunk {key} failed: {reason}") from None
    raise AssertionError("unreachable")


def completed_chunks(session: Session, cycle_id: int) -> list[ChunkResult]:
    """How the completed chunks of a cycle ended, as the ledger has it."""
    names = [field.name for field in fields(ChunkCounts)]
    return [
        ChunkResult(
            row["partition_key"],
            "completed",
            planned=row["planned"],
            attempts=row["attempts"],
            seconds=row["seconds"],
            counts=ChunkCounts(**{name: row[name] for name in names}),
        )
        for row in ledger.chunks(session, cycle_id)
        if row["status"] == "completed"
    ]


def require_one_settings_row(session: Session) -> None:
    """Raise PipelineError unless `settings` holds exactly one row, without which no rule can be computed."""
    rows = session.one("cycles/count_settings")["rows"]
    if rows != 1:
        todo = "Run: conflict-pipeline schema apply --seed" if rows == 0 else "Delete all rows but one."
        raise PipelineError(
            f"Table settings of schema {session.schema_names['conflict']} must hold exactly one row, "
            f"it holds {rows}, so nothing was written. {todo}"
        )


def _process_once(session: Session, key: str, run_id: str, *, force: bool) -> ChunkResult:
    session.describe_work(f"{key} {run_id}")
    with ledger.claimed(session, key) as chunk:
        if chunk.why_pointless:
            return ChunkResult(key, "skipped", chunk.why_pointless)
        if chunk.state == "completed" and not force:
            done = next(
                result for result in completed_chunks(session, chunk.cycle_id) if result.partition_key == key
            )
            return replace(done, outcome="skipped", reason="completed already; set force to recompute it")
        try:
            attempts, rows, marks = _mark(session, chunk, run_id)
            counts, seconds = _update(session, chunk, rows, marks)
        except _SupersededError as error:
            return ChunkResult(key, "skipped", str(error))
        return ChunkResult(
            key,
            "completed",
            planned=chunk.planned,
            attempts=attempts,
            seconds=seconds,
            counts=counts,
        )


def _mark(session: Session, chunk: Chunk, run_id: str) -> tuple[int, int, int]:
    """Mark the chunk's rows; returns the attempt's number, how many rows the chunk has, and marks written."""
    with locks.chunk_transaction(session):
        _stop_if_superseded(session, chunk)
        require_one_settings_row(session)
        session.execute("cycles/create_chunk_row")
        session.conn.execute("TRUNCATE chunk_row")
        insert = "insert_chunk_scope_rows" if chunk.scope == "changed" else "insert_chunk_rows"
        rows = session.execute(f"cycles/{insert}", asdict(chunk)).rowcount
        # Temporary tables have no statistics of their own accord. The number of rows is enough.
        session.conn.execute("ANALYZE chunk_row (row_id)")
        marks = 0 if chunk.writes_changes_only else session.execute("steps/redetect/mark_rows").rowcount
        return ledger.start_chunk(session, chunk, run_id), rows, marks


def _update(session: Session, chunk: Chunk, rows: int, marks: int) -> tuple[ChunkCounts, float]:
    values = asdict(chunk)
    with locks.chunk_transaction(session):
        _stop_if_superseded(session, chunk)
        session.conn.execute(ENOUGH_MEMORY)
        session.execute("steps/redetect/create_visits", values)
        # Of this wide table only what it is joined on: the rest would take as long as to fill it.
        session.conn.execute('ANALYZE visit ("VisitID")')
        session.execute("steps/redetect/create_pairs")
        session.conn.execute("ANALYZE pair (row_id)")
        if chunk.writes_changes_only:
            marks = session.execute("steps/redetect/mark_undetected").rowcount
        row = write_new_values(session, chunk)
        counts = ChunkCounts(
            marked=rows,
            redetected=row["redetected"],
            not_redetected=rows - row["redetected"] - row["guarded"],
            guarded=row["guarded"],
            bad_gps=row["bad_gps"],
            written=marks + row["updated"],
            redetected_by_rule=row["redetected_by_rule"],
        )
        return counts, ledger.complete_chunk(session, chunk, counts)


def _stop_if_superseded(session: Session, chunk: Chunk) -> None:
    """Inside the gate, where no plan can be made any more before this transaction ends."""
    reason = ledger.read_chunk(session, chunk.chunk_id).why_pointless
    if reason:
        raise _SupersededError(reason)


def write_new_values(session: Session, chunk: Chunk) -> dict[str, Any]:
    """Update the rows of the table `pair`; returns the counts of update_rows.sql."""
    # To find these out takes as long as some hundred rows.
    parts: dict[str, sql.SQL] = session.once("new values", lambda: new_values(session))
    if not chunk.writes_changes_only:
        # To plan two hundred comparisons that are not asked for takes as long as some hundred rows.
        parts = {**parts, "differs": sql.SQL("TRUE")}
    return session.one("steps/redetect/update_rows", asdict(chunk), **parts)


def new_values(session: Session) -> dict[str, sql.SQL]:
    """The parts of update_rows.sql, by the columns that `visit` and conflictvisitmaps have."""
    columns = session.rows(
        "steps/redetect/select_assignments", {"conflict_schema": session.schema_names["conflict"]}
    )
    statement = session.statement(
        "steps/redetect/select_new_values",
        visit_values=sql.SQL(",\n    ").join(
            sql.SQL("{} AS {}").format(
                sql.Identifier(column["side"], column["source"]), sql.Identifier(column["target"])
            )
            for column in columns
            if column["side"]
        ),
    )
    described = session.conn.execute(sql.SQL("SELECT * FROM ({}) AS described LIMIT 0").format(statement), {})
    names = {column.name for column in described.description or ()}
    # A cast to the column's own type cuts texts to its width, where assigning alone would fail.
    values = {
        column["target"]: sql.SQL("{}::{}").format(
            sql.Identifier("new_value", column["target"]), sql.SQL(column["type_name"])
        )
        for column in columns
        if column["target"] in names
    }
    parts = {
        "new_values": statement,
        "assignments": sql.SQL(",\n        ").join(
            sql.SQL("{} = {}").format(sql.Identifier(name), value) for name, value in values.items()
        ),
        "differs": _differs(values),
    }
    # As text: to put a thousand pieces together for each chunk takes longer than all else here.
    return {name: sql.SQL(part.as_string(session.conn)) for name, part in parts.items()}


def _differs(values: Mapping[str, sql.Composable]) -> sql.Composed:
    """That a row has another value; when it was updated last is no difference."""
    compared = {name: value for name, value in values.items() if name != "UpdatedDate"}
    comma = sql.SQL(", ")
    return sql.SQL("({}) IS DISTINCT FROM ({})").format(
        comma.join(sql.Identifier("cvm", name) for name in compared), comma.join(compared.values())
    )


def _record_end(lend: Lend, key: str, run_id: str, reason: str, *, will_retry: bool) -> None:
    """Write how an attempt ended, in a session of its own: the attempt's may be broken."""
    try:
        with lend() as session, ledger.claimed(session, key) as chunk:
            if will_retry:
                ledger.wait_to_retry(session, chunk.chunk_id, reason)
            else:
                ledger.fail_chunk(session, chunk.chunk_id, run_id, reason)
    except (psycopg.Error, PipelineError):
        # Without a database, or with another session at the chunk, the ledger keeps `processing`; nobody
        # holds the chunk then, which is how it shows as stuck.
        return
