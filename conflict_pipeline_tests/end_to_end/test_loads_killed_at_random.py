"""Kills the job load_analytics at ten random moments; a rerun ends as if none had happened."""

import random
import time
from datetime import UTC, datetime, timedelta

import pytest

from conflict_pipeline.postgres import tables
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.settings import load_settings
from conflict_pipeline_tests.end_to_end.loads import NAMES, expected, refreshes, upstream
from conflict_pipeline_tests.end_to_end.processes import Running, Start, start, start_job, wait_until
from conflict_pipeline_tests.loads.upstream import (
    DELETED,
    VISITS,
    Upstream,
    add_trigger,
    allow,
    slices,
    staged,
    table_rows,
    versions,
    watermark,
)

__all__ = ["expected", "start", "start_job", "upstream"]  # fixtures

# Not in every `make test`, because they take minutes and no change of a rule can break them.
pytestmark = [pytest.mark.services, pytest.mark.timeout(300)]

SEED = 2010
ROUNDS = 10
# The first rounds, one of each kind, run in a process that shares only the databases with others.
FRESH_ROUNDS = 2
KINDS = ("first", "incremental")
# Table, pattern of the statement that its load executes, and at most how many seconds later it is killed.
MOMENTS = (
    (VISITS, "%", 0.1),
    (VISITS, "COPY%", 0.4),
    (VISITS, "%analyze_table(%", 0.1),
    (VISITS, '%INSERT INTO "analytics"%', 0.1),
    (DELETED, "%", 0.2),
)


@pytest.fixture
def small_slices(upstream: Upstream, monkeypatch: pytest.MonkeyPatch) -> Upstream:
    """The sample without times of change in the future, and about twenty slices for its first load."""
    monkeypatch.setenv("LOAD_SLICE_ROWS", "140")
    load_settings.cache_clear()
    past = f"'{(datetime.now(UTC) - timedelta(hours=1)).isoformat()}'::TIMESTAMP_TZ"
    for name in tables.STAGED_TABLES:
        column = '"Updated Datatimestamp"'
        upstream.run(f"UPDATE {name} SET {column} = {past} WHERE {column} > {past}")
    return upstream


def change_upstream(upstream: Upstream, now: datetime) -> None:
    """Make about a hundred changes of each kind, all of them at `now`."""
    changed = f""""Updated Datatimestamp" = '{now.isoformat()}'::TIMESTAMP_TZ"""
    keys = f'SELECT "Visit Id" FROM {VISITS} ORDER BY HASH("Visit Id")'
    upstream.run(f'CREATE TABLE GONE AS SELECT * FROM {VISITS} WHERE "Visit Id" IN ({keys} LIMIT 100)')
    upstream.run(f"UPDATE GONE SET {changed}")
    upstream.run(f"INSERT INTO {DELETED} SELECT * FROM GONE")
    upstream.run(f'DELETE FROM {VISITS} WHERE "Visit Id" IN (SELECT "Visit Id" FROM GONE)')
    upstream.run(f'UPDATE {VISITS} SET {changed}, "Billed Hours" = 7 WHERE "Visit Id" IN ({keys} LIMIT 700)')
    upstream.run('UPDATE GONE SET "Visit Id" = CONCAT(\'new \', "Visit Id")')
    upstream.run(f"INSERT INTO {VISITS} SELECT * FROM GONE")
    upstream.run("""UPDATE DIMPATIENT SET "Status" = 'changed' WHERE "Patient Name" LIKE '%a%'""")
    upstream.run('DELETE FROM DIMPATIENTADDRESS WHERE "Primary Address" IS NOT TRUE')


def wait_for_a_moment(session: Session, job: Running, name: str, statement: str, seconds: float) -> None:
    """Wait until the load of the table executes the statement, and then some seconds."""
    query = """SELECT FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = %s AND query LIKE %s"""
    values = [f"conflict_pipeline load {name}", statement]
    wait_until(lambda: not job.alive or session.conn.execute(query, values).rowcount, f"load {name}")
    time.sleep(seconds)


def load_sessions(session: Session) -> int:
    return session.conn.execute(
        """SELECT FROM pg_stat_activity
        WHERE datname = current_database() AND application_name LIKE 'conflict_pipeline load%'"""
    ).rowcount


def newest(upstream: Upstream, name: str) -> datetime:
    """Return what the watermark has to be if no time of change is in the future."""
    ((found,),) = upstream.run(f'SELECT MAX("Updated Datatimestamp") FROM {name}')
    assert isinstance(found, datetime)
    return found


@pytest.mark.parametrize(("number", "kind"), [(number, KINDS[number % 2]) for number in range(ROUNDS)])
def test_a_rerun_ends_as_if_no_load_had_been_killed(
    small_slices: Upstream, sample: Postgres, start_job: Start, number: int, kind: str
) -> None:
    upstream = small_slices
    if kind == "incremental":
        for each in NAMES:
            upstream.load(each)
        change_upstream(upstream, datetime.now(UTC) - timedelta(seconds=1))
    before = len(refreshes(sample))
    name, statement, most = MOMENTS[number // 2]
    seconds = random.Random(f"{SEED} {number}").uniform(0, most)

    job = start_job("load_analytics", fresh=number < FRESH_ROUNDS)
    with sample.session("test") as session:
        wait_for_a_moment(session, job, name, statement, seconds)
        job.kill()
        completed = len(refreshes(sample)) - before

        rerun = start_job("load_analytics")
        assert rerun.wait() == 0, rerun.output

        assert [each for each in NAMES if table_rows(session, each) != upstream.rows(each)] == []
        for each in tables.STAGED_TABLES:
            assert watermark(session, each) == newest(upstream, each)
            assert (slices(session, each), staged(session, each)) == ([], 0)
        assert load_sessions(session) == 0
        assert len(refreshes(sample)) == before + completed + 1

        places = {each: versions(session, each) for each in NAMES}
        for each in NAMES:
            upstream.load(each)
        assert {each: versions(session, each) for each in NAMES} == places


def test_the_server_releases_a_table_soon_after_its_load_was_killed_within_a_statement(
    small_slices: Upstream, sample: Postgres, start_job: Start
) -> None:
    with sample.session("test") as session:
        add_trigger(session, VISITS, "INSERT", "PERFORM pg_sleep(1); RETURN NEW;")
        job = start_job("load_analytics")
        sleeping = """SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep'
            AND application_name = 'conflict_pipeline load factvisitcallperformance_cr'"""
        wait_until(lambda: session.conn.execute(sleeping).rowcount, "the merge", job)
        job.kill()
        killed = time.monotonic()

        wait_until(lambda: load_sessions(session) == 0, "the end of the session")

        assert time.monotonic() - killed < 10
        allow(session)
        assert table_rows(session, VISITS) == []
        loaded = small_slices.load(VISITS)
        assert loaded.rows == 0  # all slices were complete
        assert table_rows(session, VISITS) == small_slices.rows(VISITS)
