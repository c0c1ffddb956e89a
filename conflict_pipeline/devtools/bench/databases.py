"""Databases of the benchmark's own: a template with the sample, and clones of it.

They are dropped at the end, also after an error or an interrupt. What a killed benchmark left behind, the
next one of the same user drops: a benchmark at work holds a session that bears its token.
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
# From here on a clone can be a copy of files, and not all of it through the WAL.
_STRATEGIES_SINCE = 150_000


class Databases:
    """Clones of the template, each for one candidate; `server` is the database that the settings name."""

    def __init__(self, server: Postgres, token: str) -> None:
        self.server = server
        self.checkpointed = True
        self._token = token
        self._prefix = f"{PREFIX}{token}_"
        self._names: list[str] = []

    @contextmanager
    def clone(self) -> Iterator[Postgres]:
        """A fresh copy of the template, checkpointed and with the template's statistics; dropped after it."""
        name = f"{self._prefix}{len(self._names)}"
        try:
            with self._administration() as session:
                strategy = (
                    " STRATEGY FILE_COPY" if session.conn.info.server_version >= _STRATEGIES_SINCE else ""
                )
                self._create(session, name, f"{self._prefix}template", strategy)
            clone = self._database(name)
            self.checkpoint(clone)
            yield clone
        finally:
            self._drop(name)

    def checkpoint(self, database: Postgres) -> None:
        """So that every candidate starts with nothing left to write, and with full-page writes to come."""
        with database.session("bench") as session:
            try:
                session.conn.execute("CHECKPOINT")
            except psycopg.errors.InsufficientPrivilege:
                self.checkpointed = False

    def make_template(self, size: SampleSize) -> None:
        """The schema and the sample; vacuumed and analyzed once, so that no clone has luckier statistics."""
        name = f"{self._prefix}template"
        with self._administration() as session:
            self._create(session, name, "template0")
        with self._database(name).session("bench") as session:
            session.conn.execute("SET statement_timeout = 0")
            set_up.apply_schema(session, loads=self.server.settings.loads_from_snowflake)
            load_sample(session, size, ledger.today(session))
            session.conn.execute("VACUUM (ANALYZE)")

    def drop_all(self) -> None:
        """The template and whatever clone is still there."""
        for name in self._names:
            self._drop(name)

    def drop_leftovers(self) -> None:
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
        # A session of its own each time: the one before may have been interrupted.
        with self.server.session(f"bench {self._token}") as session:
            session.conn.execute("SET statement_timeout = 0")
            yield session

    def _database(self, name: str) -> Postgres:
        return Postgres(self.server.settings, {**self.server.conninfo, "dbname": name})


@contextmanager
def own_databases(server: Postgres) -> Iterator[Databases]:
    """Nothing of the benchmark's databases is left when this ends, however it ends."""
    token = secrets.token_hex(4)
    databases = Databases(server, token)
    with server.session(f"bench {token}"):
        databases.drop_leftovers()
        try:
            yield databases
        finally:
            databases.drop_all()
