"""The benchmark's own databases: a template with the sample, and clones of it.

They are dropped at the end, also after an error or an interrupt. The next benchmark of the same user drops
what a killed one left behind: a running benchmark holds a session that is named after its token.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql

from conflict_pipeline.cycles import ledger, set_up
from conflict_pipeline.devtools.demo.sample import SampleSize, load_sample
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session

PREFIX = "conflict_pipeline_bench_"
# Since this version a clone can be a copy of files, which is not written to the WAL.
_FILE_COPY_SINCE = 150_000


class Databases:
    """Clones of the template; `server` is the configured database. `checkpointed`: CHECKPOINT is allowed."""

    def __init__(self, server: Postgres, token: str) -> None:
        self.server = server
        self.checkpointed = True
        self.token = token
        self._prefix = f"{PREFIX}{token}_"
        self._names: list[str] = []

    @contextmanager
    def clone(self) -> Iterator[Postgres]:
        """Yield a fresh, checkpointed copy of the template with its statistics, and drop it afterwards."""
        name = f"{self._prefix}{len(self._names)}"
        try:
            with self._administration() as session:
                strategy = (
                    " STRATEGY FILE_COPY" if session.conn.info.server_version >= _FILE_COPY_SINCE else ""
                )
                self._create(session, name, f"{self._prefix}template", strategy)
            clone = self._database(name)
            self.checkpoint(clone)
            yield clone
        finally:
            self._drop(name)

    def checkpoint(self, database: Postgres) -> None:
        """Write a checkpoint, so that every candidate starts without dirty pages."""
        with database.session("bench") as session:
            try:
                session.conn.execute("CHECKPOINT")
            except psycopg.errors.InsufficientPrivilege:
                self.checkpointed = False

    def make_template(self, size: SampleSize) -> None:
        """Create schema and sample; they are analyzed once, so that all clones have the same statistics."""
        name = f"{self._prefix}template"
        with self._administration() as session:
            self._create(session, name, "template0")
        with self._database(name).session("bench") as session:
            session.conn.execute("SET statement_timeout = 0")
            set_up.apply_schema(session, loads=self.server.settings.loads_from_snowflake)
            load_sample(session, size, ledger.today(session))
            session.conn.execute("VACUUM (ANALYZE)")

    def drop_all(self) -> None:
        """Drop the template and the clones that still exist."""
        for name in self._names:
            self._drop(name)

    def drop_leftovers(self) -> None:
        """Drop the databases of killed benchmarks."""
        with self._administration() as session:
            rows = session.rows("bench/select_leftovers", {"prefix": PREFIX})
        for row in rows:
            self._drop(row["name"])

    def _drop(self, name: str) -> None:
        with self._administration() as session:
            session.conn.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
            )

    def _create(self, session: Session, name: str, template: str, strategy: str = "") -> None:
        self._names.append(name)
        session.conn.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}{}").format(
                sql.Identifier(name), sql.Identifier(template), sql.SQL(strategy)
            )
        )

    @contextmanager
    def _administration(self) -> Iterator[Session]:
        # A new session each time, because the previous one may have been interrupted.
        with self.server.session(f"bench {self.token}") as session:
            session.conn.execute("SET statement_timeout = 0")
            yield session

    def _database(self, name: str) -> Postgres:
        return Postgres(self.server.settings, {**self.server.conninfo, "dbname": name})


@contextmanager
def own_databases(server: Postgres) -> Iterator[Databases]:
    """Yield the databases of one benchmark, and drop all of them at the end."""
    token = secrets.token_hex(4)
    databases = Databases(server, token)
    with server.session(f"bench {token}"):
        databases.drop_leftovers()
        try:
            yield databases
        finally:
            databases.drop_all()
