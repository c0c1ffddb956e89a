"""Errors of the database that hold values, wherever Postgres puts them: what comes out must not hold them."""

from conflict_pipeline.postgres.session import Session

# An SSN and a name.
POISON = ("900123456", "Doe-Marker, Jane")
# What is to be seen of the error instead.
POISON_SHOWN = "RaiseException [P0001]; the message is kept in the server's log"

_RAISE = f"""RAISE EXCEPTION 'invalid value: "{POISON[0]}" of {POISON[1]}'
    USING DETAIL = 'Key (SSN, Name)=({POISON[0]}, {POISON[1]}) is there already.', HINT = '{POISON[0]}';"""


def poison_reads(session: Session, table: str) -> None:
    """Make each statement fail that reads the table: `poison_reads(session, "conflict.settings")`."""
    schema, _, name = table.partition(".")
    kept = f"{name}_kept"
    session.conn.execute(
        f"CREATE FUNCTION {schema}.poison() RETURNS boolean STABLE LANGUAGE plpgsql AS"
        f" $$BEGIN {_RAISE} END$$".encode()
    )
    session.conn.execute(f"ALTER TABLE {table} RENAME TO {kept}".encode())
    session.conn.execute(
        f"CREATE VIEW {table} AS SELECT * FROM {schema}.{kept} WHERE {schema}.poison()".encode()
    )


def poison_writes(session: Session, table: str, what: str = "INSERT OR UPDATE") -> None:
    """Make each statement fail that writes a row of the table."""
    session.conn.execute(
        "CREATE FUNCTION conflict.poison() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$BEGIN {_RAISE} END$$".encode()
    )
    session.conn.execute(
        f"CREATE TRIGGER poison BEFORE {what} ON {table}"
        " FOR EACH ROW EXECUTE FUNCTION conflict.poison()".encode()
    )


def poison_ddl(session: Session) -> None:
    """Make each statement fail that creates or alters something."""
    session.conn.execute(
        "CREATE FUNCTION public.poison() RETURNS event_trigger LANGUAGE plpgsql AS"
        f" $$BEGIN {_RAISE} END$$".encode()
    )
    session.conn.execute("CREATE EVENT TRIGGER poison ON ddl_command_start EXECUTE FUNCTION public.poison()")
