"""What the chunks are compared with, on the same rows: the bare update, and the plain update at once.

`limit` is the bare update: the new values stand ready in a table, taken over from a database whose cycle is
done. `plain` works in the manner of the earlier systems: all visits of the window with all visits, at once.
Its text is the step's own, so that only the manner differs. The earlier systems had one statement with a
common table expression for each part; here each part is a temporary table, in one transaction. That flatters
them, because statistics of each part improve the plan of the next: the same text as one statement took 6.9 s
without nested loops and 10.1 s as planned, where this takes 3.0 s (20,000 rows, 76,000 visits, Postgres 15).
"""

from dataclasses import asdict

from psycopg import sql

from conflict_pipeline.model import RULE_COLUMNS, Chunk, Window
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.steps.redetect import count_rows, update_parts, update_rows


def updated_columns(session: Session, window: Window) -> list[str]:
    """Return the columns that the update writes, read from the step's own statements; nothing is written."""
    with session.transaction(force_rollback=True):
        session.execute("cycles/create_chunk_row")
        # No row is wanted, so no cycle's settings are.
        no_cycle = {**vars(window), "cycle_id": None}
        session.execute("steps/redetect/create_visits", no_cycle)
        session.execute("steps/redetect/create_pairs", no_cycle)
        values = session.conn.execute(update_parts(session)["new_values"])
        columns = [column.name for column in values.description or () if column.name != "row_id"]
        # update_rows.sql may keep the row's own values of these.
        return [*columns, *RULE_COLUMNS, "StatusFlag"]


def copy_ready(source: Postgres, target: Postgres, window: Window) -> list[str]:
    """Fill bench_ready of `target` with the re-detected rows of `source`; return its columns but the ID."""
    with source.session("bench") as reader, target.session("bench") as writer:
        columns = updated_columns(reader, window)
        names = sql.SQL(", ").join(map(sql.Identifier, ["ID", *columns]))
        writer.execute("bench/create_ready", columns=names)
        ready = sql.SQL("{}.bench_ready").format(writer.schemas["conflict"])
        rows = reader.statement("bench/select_redetected", columns=names)
        copy_out = sql.SQL("COPY ({}) TO STDOUT (FORMAT binary)").format(rows)
        copy_in = sql.SQL("COPY {} FROM STDIN (FORMAT binary)").format(ready)
        with (
            reader.conn.cursor().copy(copy_out, vars(window)) as out,
            writer.conn.cursor().copy(copy_in) as into,
        ):
            for block in out:
                into.write(block)
        writer.conn.execute(sql.SQL('ALTER TABLE {} ADD PRIMARY KEY ("ID")').format(ready))
        writer.conn.execute(sql.SQL("VACUUM (ANALYZE) {}").format(ready))
    return columns


def update_from_ready(session: Session, columns: list[str]) -> int:
    """Run the bare update, and return the number of rows written."""
    assignments = sql.SQL(",\n    ").join(
        sql.SQL("{} = {}").format(sql.Identifier(name), sql.Identifier("ready", name)) for name in columns
    )
    return session.execute("bench/update_from_ready", assignments=assignments).rowcount


def update_plainly(session: Session, chunk: Chunk) -> int:
    """Enrich all visits, pair all with all, evaluate, update; return the number of re-detected rows.

    `chunk` is the only one of its plan. Rows that are not re-detected are left as they are.
    """
    window = asdict(chunk)
    with session.transaction():
        session.conn.execute("SET LOCAL work_mem = '64MB'")
        session.execute("bench/create_window_visits", window)
        session.conn.execute("ANALYZE chunk_row")
        session.execute("steps/redetect/create_visits", window)
        session.conn.execute('ANALYZE visit ("VisitID", "VisitDate", "SSN", "ProviderID")')
        session.conn.execute("DROP TABLE chunk_row")
        session.execute("bench/create_all_pairs", window)
        session.conn.execute("ANALYZE chunk_row")
        session.execute("steps/redetect/create_pairs", window)
        session.conn.execute("ANALYZE pair (row_id, visit_id, con_visit_id)")
        update_rows(session, chunk)
        return int(count_rows(session, chunk)["redetected"])
