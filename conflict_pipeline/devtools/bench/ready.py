"""The rows that an update writes, taken over from a database where it has been done."""

from psycopg import sql

from conflict_pipeline.model import RULE_COLUMNS, Window
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.steps.redetect import update_parts


def updated_columns(session: Session, window: Window) -> list[str]:
    """The columns that the update writes, as Task 02's own statements name them; nothing is written."""
    with session.transaction(force_rollback=True):
        session.execute("cycles/create_chunk_row")
        session.execute("steps/redetect/create_visits", vars(window))
        session.execute("steps/redetect/create_pairs")
        values = session.conn.execute(update_parts(session)["update_parts"])
        columns = [column.name for column in values.description or () if column.name != "row_id"]
        # Of these update_rows.sql may keep what a row has.
        return [*columns, *RULE_COLUMNS, "StatusFlag"]


def copy_ready(source: Postgres, target: Postgres, window: Window) -> list[str]:
    """Fill bench_ready of `target` with the re-detected rows of `source`; returns the columns but the ID."""
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
    """The bare update; returns how many rows it wrote."""
    assignments = sql.SQL(",\n    ").join(
        sql.SQL("{} = {}").format(sql.Identifier(name), sql.Identifier("ready", name)) for name in columns
    )
    return session.execute("bench/update_from_ready", assignments=assignments).rowcount
