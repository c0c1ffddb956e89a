"""Database errors that contain an SSN and a name in every place where Postgres can put a value."""

from conflict_pipeline.postgres.session import Session

# An SSN and a name.
POISON = ("900123456", "Doe-Marker, Jane")
# The description that must appear instead of the error's own message.
POISON_SHOWN = "RaiseException [P0001]; the message is kept in the server's log"

_RAISE = f"""RAISE EXCEPTION 'invalid value: "{POISON[0]}" of {POISON[1]}'
    USING DETAIL = 'Key (SSN, Name)=({POISON[0]}, {POISON[1]}) is there already.', HINT = '{POISON[0]}';"""


def poison_reads(session: Session, table: str) -> None:
    """Make every statement that reads the table fail: `poison_reads(session, "conflict.settings")`."""
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
    """Make every statement that writes a row of the table fail."""
    session.conn.execute(
        "CREATE FUNCTION conflict.poison() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$BEGIN {_RAISE} END$$".encode()
    )
    session.conn.execute(
        f"CREATE TRIGGER poison BEFORE {what} ON {table}"
        " FOR EACH ROW EXECUTE FUNCTION conflict.poison()".encode()
    )


def poison_ddl(session: Session) -> None:
    """Make every statement that creates or alters an object fail."""
    session.conn.execute(
        "CREATE FUNCTION public.poison() RETURNS event_trigger LANGUAGE plpgsql AS"
        f" $$BEGIN {_RAISE} END$$".encode()
    )
    session.conn.execute("CREATE EVENT TRIGGER poison ON ddl_command_start EXECUTE FUNCTION public.poison()")
