"""What the Snowflake emulator holds in the demo: analytics tables, and a conflict table with known errors."""

from collections.abc import Callable

from psycopg import sql

from conflict_pipeline.defs.assets.analytics import LOADED_TABLES
from conflict_pipeline.parity.known_differences import UNEXPECTED
from conflict_pipeline.postgres import tables
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.settings import Settings
from conflict_pipeline.snowflake.emulator import SnowflakeEmulator

TABLE_COUNT = len(LOADED_TABLES)
_MAX_CLASS_ROWS = 5
# Statements that make rows differ as the earlier system's errors do, by the class that the comparison names.
_DIFFERENCES = {
    "precedence": "demo/apply_precedence_error",
    "gps_parsing": "demo/blank_gps_places",
    "eta_rounding": "demo/round_miles",
    "minute_boundaries": "demo/count_minute_boundaries",
}


def holds_loads(session: Session) -> bool:
    """Return whether the analytics tables in Postgres are empty, or the product of a load."""
    visits = tables.STAGED_TABLES[0]
    if session.row("loads/select_watermark", {"table_name": visits}) is not None:
        return True
    target = sql.Identifier(session.schema_names["analytics"], visits)
    return not session.one("loads/select_has_rows", target=target)["has_rows"]


def move_analytics(session: Session, emulator: SnowflakeEmulator, on_table: Callable[[], None]) -> None:
    """Move the rows of the analytics tables from Postgres to the emulator; `on_table` is called for each."""
    for table in LOADED_TABLES:
        emulator.fill(session, table)
        on_table()
    names = [sql.Identifier(session.schema_names["analytics"], table.name) for table in LOADED_TABLES]
    session.conn.execute(sql.SQL("TRUNCATE {}").format(sql.SQL(", ").join(names)))


def copy_conflict_table(session: Session, emulator: SnowflakeEmulator, settings: Settings) -> dict[str, int]:
    """Copy conflictvisitmaps to the emulator, with a few errors of each known class and unexpected ones.

    Returns the number of differing rows by class. Postgres is left as it is.
    """
    place = (settings.snowflake_conflict_database, settings.snowflake_conflict_schema)
    with session.transaction(force_rollback=True):
        values = {"rows": _MAX_CLASS_ROWS}
        found = {name: session.execute(text, values).rowcount for name, text in _DIFFERENCES.items()}
        found[UNEXPECTED] = session.execute("demo/change_aide_names", {"rows": 1}).rowcount
        found[UNEXPECTED] += session.execute("demo/delete_oldest_row").rowcount
        emulator.fill(session, tables.get_table("conflictvisitmaps"), *place)
    return found
