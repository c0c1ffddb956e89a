"""Tables, indexes and the ledger: `conflict-pipeline schema apply`.

The one source of tables, columns and types is sql/schema/tables.csv. Applying it is idempotent and never
drops, retypes or rewrites anything: a table that exists is adopted, and only gets the columns it lacks.
"""

from collections.abc import Iterable, Mapping
from itertools import product

from psycopg import sql

from conflict_pipeline.errors import PipelineError
from conflict_pipeline.postgres import tables
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.statements import SQL_FOLDER

_INDEXES = (
    "conflictvisitmaps_chunk_key",
    "dimpatientaddress_patient_id",
    "factvisitcallperformance_cr_updated",
)
_LEDGER = ("conflict_cycle", "conflict_chunk", "conflict_moved_row", "conflict_step")
_SCOPE = ("conflict_changed_row", "conflict_visit", "conflict_deleted_key")
_SNAPSHOT = ("conflict_snapshot",)
_TRIGGERS = {
    "conflict_note_deleted_key": "schema/create_note_deleted_key_trigger",
    "conflict_note_changed_key": "schema/create_note_changed_key_trigger",
}
_LOADS = ("load_watermark", "load_slice")
_VIEWS = ("conflict_chunk_status", "conflict_cycle_status")
# Percent of a page that inserts fill. A cycle writes each row anew, once or twice: what finds room in its
# page needs no new entry in any index, and half the WAL.
_FILLFACTORS = {"conflictvisitmaps": 50}
_TIMEOUTS = ["statement_timeout", "lock_timeout"]


def relations() -> list[tuple[str, str]]:
    """Every table and view that the pipeline has, as (schema, name)."""
    return [
        *((table.schema, table.name) for table in (*tables.all_tables(), *tables.staging_tables())),
        *(("conflict", name) for name in (*_LEDGER, *_SCOPE, *_SNAPSHOT, *_LOADS, *_VIEWS)),
    ]


def column_types(session: Session, wanted: tables.Table) -> dict[str, str]:
    """The types that the columns of the table have in this database, as format_type spells them."""
    schema_name = session.schema_names[wanted.schema]
    return {
        row["column_name"]: row["type_name"]
        for row in session.rows("schema/select_columns", schema_values(session))
        if (row["schema_name"], row["table_name"]) == (schema_name, wanted.name)
    }


def schema_values(session: Session) -> dict[str, str]:
    """What the schemas are called in this database, as values of a statement."""
    return {f"{role}_schema": name for role, name in session.schema_names.items()}


def analyze(session: Session, table: sql.Identifier) -> None:
    """Statistics of a table that the schema's owner owns, and the connected user may not."""
    session.execute("schema/analyze_table", {"table": table.as_string()})


def apply(session: Session, tracked: Mapping[str, str]) -> list[str]:
    """Create what is missing and return what was done, a line each.

    `tracked` maps tables to their key columns: triggers note each key that a deletion or an update removes.
    """
    done = []
    with session.transaction():
        for schema in ("conflict", "analytics"):
            session.conn.execute(_format(session, "CREATE SCHEMA IF NOT EXISTS {schema}", schema))
        existing = _existing_columns(session)
        for wanted in tables.all_tables():
            columns = existing.get((wanted.schema, wanted.name))
            if columns is None:
                _create(session, wanted)
                done.append(f"created table {wanted.schema}.{wanted.name}")
                continue
            lacking = [column for column in wanted.columns if column.name not in columns]
            if lacking:
                _add_columns(session, wanted, lacking)
                done.append(f"added {len(lacking)} columns to {wanted.schema}.{wanted.name}")
        done += _create_staging(session, existing)
        for path in sorted((SQL_FOLDER / "schema").glob("[0-9]*.sql")):
            session.execute(f"schema/{path.stem}")
        done += _create_triggers(session, tracked)
    return done + _create_indexes(session)


def missing(session: Session) -> list[str]:
    """What the pipeline needs and the database lacks: tables, columns, the ledger, a line each."""
    existing = _existing_columns(session)
    lacking = [
        f"{kind} conflict.{name}"
        for kind, names in (("table", (*_LEDGER, *_SCOPE, *_SNAPSHOT, *_LOADS)), ("view", _VIEWS))
        for name in names
        if ("conflict", name) not in existing
    ]
    functions = session.rows("schema/select_functions", schema_values(session))
    if "analyze_table" not in {row["function_name"] for row in functions}:
        lacking.append("function conflict.analyze_table")
    for wanted in (*tables.all_tables(), *tables.staging_tables()):
        columns = existing.get((wanted.schema, wanted.name))
        if columns is None:
            lacking.append(f"table {wanted.schema}.{wanted.name}")
        else:
            lacking += [
                f'column "{column.name}" of {wanted.schema}.{wanted.name}'
                for column in wanted.columns
                if column.name not in columns
            ]
    return lacking


def require(session: Session) -> None:
    """Raises PipelineError, naming what is missing, unless the database has all that the pipeline needs."""
    lacking = missing(session)
    if lacking:
        more = f" and {len(lacking) - 5} more" if len(lacking) > 5 else ""
        raise PipelineError(
            f"The database lacks {', '.join(lacking[:5])}{more}. Run: conflict-pipeline schema apply"
        )


def _existing_columns(session: Session) -> dict[tuple[str, str], set[str]]:
    roles = {name: role for role, name in session.schema_names.items()}
    found: dict[tuple[str, str], set[str]] = {}
    for row in session.rows("schema/select_columns", schema_values(session)):
        found.setdefault((roles[row["schema_name"]], row["table_name"]), set()).add(row["column_name"])
    return found


def _create_staging(session: Session, existing: dict[tuple[str, str], set[str]]) -> list[str]:
    """A staging table has the types of its table, and no constraint; returns what was done."""
    done = []
    for source, wanted in zip(tables.STAGED_TABLES, tables.staging_tables(), strict=True):
        columns = existing.get((wanted.schema, wanted.name))
        if columns is None:
            session.execute(
                "schema/create_staging",
                staging=sql.Identifier(wanted.name),
                table=sql.Identifier(source),
                columns=sql.SQL(", ").join(sql.Identifier(column.name) for column in wanted.columns),
            )
            done.append(f"created table {wanted.schema}.{wanted.name}")
        elif lacking := [column for column in wanted.columns if column.name not in columns]:
            _add_columns(session, wanted, lacking)
            done.append(f"added {len(lacking)} columns to {wanted.schema}.{wanted.name}")
    return done


def _create(session: Session, wanted: tables.Table) -> None:
    parts = [_column(session, wanted, column) for column in wanted.columns]
    if wanted.primary_key:
        key = sql.SQL(", ").join(map(sql.Identifier, wanted.primary_key))
        parts.append(sql.SQL("PRIMARY KEY ({})").format(key))
    session.conn.execute(
        _format(
            session,
            "CREATE TABLE {schema}.{table} ({columns}) WITH (fillfactor = {fillfactor})",
            wanted.schema,
            table=sql.Identifier(wanted.name),
            columns=sql.SQL(", ").join(parts),
            fillfactor=sql.Literal(_FILLFACTORS.get(wanted.name, 100)),
        )
    )
    for column in wanted.columns:
        if _has_sequence(column):
            # The sequence falls with its column.
            session.conn.execute(
                _format(
                    session,
                    "ALTER SEQUENCE {schema}.{sequence} OWNED BY {schema}.{table}.{column}",
                    wanted.schema,
                    sequence=_sequence(wanted, column),
                    table=sql.Identifier(wanted.name),
                    column=sql.Identifier(column.name),
                )
            )


def _add_columns(session: Session, wanted: tables.Table, columns: Iterable[tables.Column]) -> None:
    # Without NOT NULL and default: a table that holds rows takes the columns at once, unwritten.
    additions = [
        sql.SQL("ADD COLUMN {} {}").format(sql.Identifier(column.name), _type(column)) for column in columns
    ]
    session.conn.execute(
        _format(
            session,
            "ALTER TABLE {schema}.{table} {additions}",
            wanted.schema,
            table=sql.Identifier(wanted.name),
            additions=sql.SQL(", ").join(additions),
        )
    )


def _column(session: Session, wanted: tables.Table, column: tables.Column) -> sql.Composable:
    parts: list[sql.Composable] = [sql.Identifier(column.name), _type(column)]
    if not column.nullable:
        parts.append(sql.SQL("NOT NULL"))
    if _has_sequence(column):
        sequence = _sequence(wanted, column)
        session.conn.execute(
            _format(
                session, "CREATE SEQUENCE IF NOT EXISTS {schema}.{sequence}", wanted.schema, sequence=sequence
            )
        )
        qualified = _format(session, "{schema}.{sequence}", wanted.schema, sequence=sequence)
        parts.append(sql.SQL("DEFAULT nextval({})").format(sql.Literal(qualified.as_string())))
    elif column.default:
        parts.append(sql.SQL("DEFAULT {}").format(_trusted(column.default)))
    return sql.SQL(" ").join(parts)


def _has_sequence(column: tables.Column) -> bool:
    return column.default.startswith("nextval")


def _sequence(wanted: tables.Table, column: tables.Column) -> sql.Identifier:
    return sql.Identifier(f"{wanted.name}_{column.name}_seq")


def _type(column: tables.Column) -> sql.Composable:
    return _trusted(column.type_name)


def _trusted(text: str) -> sql.Composable:
    # Types and defaults of tables.csv are part of the program, like the files of sql/.
    return sql.SQL(text)


def _format(session: Session, text: str, schema: str, **parts: sql.Composable) -> sql.Composed:
    return sql.SQL(text).format(schema=session.schemas[schema], **parts)


def _create_triggers(session: Session, tracked: Mapping[str, str]) -> list[str]:
    """Create only missing triggers, because creating one waits for every writer of the table."""
    values = {"names": list(_TRIGGERS), **schema_values(session)}
    existing = {
        (row["table_name"], row["trigger_name"]) for row in session.rows("schema/select_triggers", values)
    }
    done = []
    for (table_name, key), trigger in product(tracked.items(), _TRIGGERS):
        if (table_name, trigger) in existing:
            continue
        of = tables.get_table(table_name)
        session.execute(
            _TRIGGERS[trigger],
            table=sql.Identifier(session.schema_names[of.schema], of.name),
            column=sql.Identifier(key),
            key=sql.Literal(key),
        )
        done.append(f"created trigger {trigger} on {of.schema}.{of.name}")
    return done


def _create_indexes(session: Session) -> list[str]:
    """Build the indexes without blocking writers; one that a broken attempt left behind is built anew."""
    values = {"names": list(_INDEXES), **schema_values(session)}
    for row in session.rows("schema/select_indexes", values):
        if row["is_valid"]:
            continue
        index = sql.Identifier(row["schema_name"], row["index_name"])
        session.conn.execute(sql.SQL("DROP INDEX CONCURRENTLY {}").format(index))
    # On the real table this takes longer, and waits longer, than a chunk may.
    session.conn.execute("SELECT set_config(name, '0', false) FROM unnest(%s::text[]) AS name", [_TIMEOUTS])
    existing = {row["index_name"] for row in session.rows("schema/select_indexes", values)}
    for name in _INDEXES:
        session.execute(f"schema/indexes/{name}")
    return [f"created index {name}" for name in _INDEXES if name not in existing]
