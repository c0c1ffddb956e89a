"""Snowflake as the source of loads in tests, and helpers that look at what a load left in Postgres."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from psycopg import sql

from conflict_pipeline.loads.load import LoadResult, load_table
from conflict_pipeline.loads.slices import SlicePlan
from conflict_pipeline.postgres import tables
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.settings import load_settings
from conflict_pipeline.snowflake.account import open_snowflake
from conflict_pipeline.snowflake.emulator import SnowflakeEmulator
from conflict_pipeline_tests.rows import DAY, SSN

VISITS, DELETED = tables.STAGED_TABLES
Rows = list[tuple[Any, ...]]


class Upstream:
    """The emulator's tables, named as in Postgres, and loads from them into `database`."""

    def __init__(self, emulator: SnowflakeEmulator, database: Postgres) -> None:
        self._emulator = emulator
        self.database = database
        self.log: list[str] = []

    def run(self, statement: str) -> list[tuple[Any, ...]]:
        """Run Snowflake SQL in the schema that loads read."""
        return self._emulator.execute("ANALYTICS", "BI", statement)

    def take(self, session: Session, *names: str) -> None:
        """Move the rows of these tables from Postgres to Snowflake."""
        for name in names:
            self._emulator.fill(session, tables.get_table(name))
            session.conn.execute(sql.SQL("TRUNCATE {}").format(identifier(session, name)))

    def visit(
        self,
        name: str,
        *,
        updated: datetime | None,
        day: date | None = DAY,
        hours: int = 1,
        table: str = VISITS,
    ) -> None:
        """Add a visit; `hours` distinguishes its versions."""
        self.visits([(name, day, updated)], hours=hours, table=table)

    def visits(
        self,
        visits: Iterable[tuple[str, date | None, datetime | None]],
        *,
        hours: int = 1,
        table: str = VISITS,
    ) -> None:
        """Add visits, given as name, day and time of change, by one statement, because each one is slow."""
        rows = ", ".join(
            f"('{name}', {_literal(day)}::DATE, {_literal(updated)}::TIMESTAMP_TZ, {hours})"
            for name, day, updated in visits
        )
        columns = '"Visit Id", "Visit Date", "Updated Datatimestamp", "Billed Hours"'
        self.run(f"INSERT INTO {table} ({columns}) VALUES {rows}")

    def change(self, name: str, *, updated: datetime | None, hours: int = 2, table: str = VISITS) -> None:
        """Replace a visit by another version of it."""
        self.run(
            f'UPDATE {table} SET "Updated Datatimestamp" = {_literal(updated)}::TIMESTAMP_TZ,'
            f' "Billed Hours" = {hours} WHERE "Visit Id" = \'{name}\''
        )

    def remove(self, name: str, table: str = VISITS) -> None:
        """Delete a visit without adding it to the deleted visits."""
        self.run(f"DELETE FROM {table} WHERE \"Visit Id\" = '{name}'")

    def move(self, name: str, *, to: str, updated: datetime | None) -> None:
        """Move a visit `to` DELETED, as a deletion does, or back to VISITS."""
        (origin,) = {VISITS, DELETED} - {to}
        self.run(f"INSERT INTO {to} SELECT * FROM {origin} WHERE \"Visit Id\" = '{name}'")
        self.change(name, updated=updated, table=to)
        self.remove(name, origin)

    def rows(self, name: str) -> Rows:
        columns = ", ".join(f'"{column.name}"' for column in tables.get_table(name).columns)
        return sorted(self.run(f"SELECT {columns} FROM {name}"), key=repr)

    def load(self, name: str = VISITS, *, full: bool = False, **settings: Any) -> LoadResult:
        """Load a table with sessions of its own, as a run does; `settings` override the current ones."""
        changed = load_settings().model_copy(update=settings)
        with self.database.session("load") as session, open_snowflake().session("load") as source:
            return load_table(source, session, tables.get_table(name), changed, self.log.append, full=full)


def identifier(session: Session, name: str) -> sql.Identifier:
    return sql.Identifier(session.schema_names[tables.get_table(name).schema], name)


def table_rows(session: Session, name: str) -> Rows:
    """Return the rows in Postgres, in the order of Upstream.rows; times are in UTC."""
    columns = sql.SQL(", ").join(sql.Identifier(column.name) for column in tables.get_table(name).columns)
    found = session.conn.execute(
        sql.SQL("SELECT {} FROM {}").format(columns, identifier(session, name))
    ).fetchall()
    return sorted((tuple(row.values()) for row in found), key=repr)


def hours(session: Session, name: str = VISITS) -> dict[str, int]:
    """Return the version of each visit that is in Postgres."""
    query = sql.SQL('SELECT "Visit Id" AS id, "Billed Hours"::int AS hours FROM {} ORDER BY 1')
    found = session.conn.execute(query.format(identifier(session, name)))
    return {row["id"]: row["hours"] for row in found}


def versions(session: Session, name: str) -> dict[str, str]:
    """Return each row's place and transaction by its first column; they change if the row is written."""
    key = sql.Identifier(tables.get_table(name).columns[0].name)
    query = sql.SQL("SELECT {}::text AS id, xmin::text || ctid::text AS place FROM {}")
    found = session.conn.execute(query.format(key, identifier(session, name)))
    return {row["id"]: row["place"] for row in found}


def watermark(session: Session, name: str = VISITS) -> datetime | None:
    row = session.row("loads/select_watermark", {"table_name": name})
    return row["watermark"] if row else None


def slices(session: Session, name: str = VISITS) -> list[int | None]:
    """Return the rows that each slice has loaded; None for one that is not complete."""
    return [part.loaded_rows for part in SlicePlan(session, tables.get_table(name)).slices()]


def staged(session: Session, name: str = VISITS) -> int:
    """Return the number of rows in the staging table."""
    staging = sql.Identifier(session.schema_names["analytics"], tables.staging_name(name))
    row = session.conn.execute(sql.SQL("SELECT count(*) AS rows FROM {}").format(staging)).fetchone()
    assert row is not None
    return int(row["rows"])


def add_trigger(session: Session, name: str, event: str, body: str) -> None:
    """Run PL/pgSQL before each `event`, such as UPDATE, of a row of the table, until `allow`."""
    table = identifier(session, name).as_string()
    session.conn.execute(
        f"CREATE FUNCTION analytics.disturb() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN {body} END$$"
    )
    session.conn.execute(
        f"CREATE TRIGGER disturb BEFORE {event} ON {table} FOR EACH ROW EXECUTE FUNCTION analytics.disturb()"
    )


def refuse(session: Session, name: str, event: str) -> None:
    """Make the database raise an error that contains an SSN at each `event`, until `allow`."""
    add_trigger(session, name, event, f"RAISE EXCEPTION 'refused {SSN}';")


def allow(session: Session) -> None:
    session.conn.execute("DROP FUNCTION analytics.disturb CASCADE")


def _literal(value: date | None) -> str:
    return "NULL" if value is None else f"'{value.isoformat()}'"
