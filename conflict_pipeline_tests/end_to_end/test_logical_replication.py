"""Triggers note what logical replication applies: the first copy of a table, and every change after it."""

import time
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from conflict_pipeline.cycles.set_up import apply_schema
from conflict_pipeline.postgres import embedded
from conflict_pipeline.postgres.embedded import EmbeddedPostgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.postgres.tables import VISITS
from conflict_pipeline_tests.rows import insert, read, visit
from conflict_pipeline_tests.server import open_database

TIMEOUT = 60
PUBLISHER, SUBSCRIBER = "publisher", "subscriber"
PUBLISH = f"CREATE PUBLICATION everything FOR TABLE analytics.dimuser, analytics.{VISITS}"
CREATE_SLOT = "SELECT pg_create_logical_replication_slot('everything', 'pgoutput')"
# Within one server, the subscription cannot create its slot itself.
SUBSCRIBE = """CREATE SUBSCRIPTION everything CONNECTION 'host={} port=5432 user={} dbname={}'
    PUBLICATION everything WITH (create_slot = FALSE)"""


def wait_for_keys(session: Session, table: str, *keys: str) -> None:
    """Wait until these keys have been noted since the last call, and no others."""
    deadline = time.monotonic() + TIMEOUT
    expected = {(table, key) for key in keys}
    while (
        found := {(row["table_name"], row["key"]) for row in read(session, "conflict_changed_key")}
    ) != expected:
        assert time.monotonic() < deadline, found
        time.sleep(0.05)
    session.conn.execute("TRUNCATE conflict.conflict_changed_key")


@pytest.mark.services
def test_what_logical_replication_applies_is_noted() -> None:
    with TemporaryDirectory(prefix="conflict_pipeline_") as folder:
        server = EmbeddedPostgres(Path(folder), {"wal_level": "logical", "fsync": "off"})
        server.start()
        try:
            conninfo = {"host": server.host, "port": 5432, "user": embedded.USER}
            with open_database(conninfo, "postgres").session("test") as session:
                for name in (PUBLISHER, SUBSCRIBER):
                    session.conn.execute(f"CREATE DATABASE {name}".encode())
            publisher, subscriber = (open_database(conninfo, name) for name in (PUBLISHER, SUBSCRIBER))
            with publisher.session("test") as there, subscriber.session("test") as here:
                for session in (there, here):
                    apply_schema(session, loads=False)
                replicate(there, here, server.host)
        finally:
            server.stop()


def replicate(there: Session, here: Session, host: str) -> None:
    visit(there, "v1")
    there.conn.execute(PUBLISH.encode())
    there.conn.execute(CREATE_SLOT)
    here.conn.execute(SUBSCRIBE.format(host, embedded.USER, PUBLISHER).encode())
    wait_for_keys(here, VISITS, "v1")

    visit(there, "v2")
    wait_for_keys(here, VISITS, "v2")
    there.conn.execute(
        f"""UPDATE analytics.{VISITS} SET "Visit Id" = 'v3' WHERE "Visit Id" = 'v2'""".encode()
    )
    wait_for_keys(here, VISITS, "v2", "v3")
    there.conn.execute(
        f"""UPDATE analytics.{VISITS} SET "Is Missed" = TRUE WHERE "Visit Id" = 'v1'""".encode()
    )
    wait_for_keys(here, VISITS, "v1")
    there.conn.execute(f"DELETE FROM analytics.{VISITS}".encode())
    wait_for_keys(here, VISITS, "v1", "v3")

    for name in ("u1", "u2"):
        insert(there, "dimuser", **{"User Id": name})
    there.conn.execute("""UPDATE analytics.dimuser SET "User Id" = 'u3' WHERE "User Id" = 'u1'""")
    wait_for_keys(here, "dimuser", "u1")
    there.conn.execute("""DELETE FROM analytics.dimuser WHERE "User Id" = 'u2'""")
    wait_for_keys(here, "dimuser", "u2")
    here.conn.execute("ALTER SUBSCRIPTION everything DISABLE")
    here.conn.execute("ALTER SUBSCRIPTION everything SET (slot_name = NONE); DROP SUBSCRIPTION everything")
