"""Something is killed at a random moment of a cycle; a rerun of the job ends in the same state.

On a server of their own, because the server is one of the things that are killed.
"""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import psycopg
import pytest

from conflict_pipeline.cycles.set_up import apply_schema
from conflict_pipeline.defs import partitions
from conflict_pipeline.devtools.demo.sample import load_sample
from conflict_pipeline.postgres.database import Postgres, open_postgres
from conflict_pipeline.postgres.embedded import USER, EmbeddedPostgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.settings import load_settings
from conflict_pipeline_tests.end_to_end.conftest import SIZE
from conflict_pipeline_tests.end_to_end.cycles import open_cycle, process_cycle
from conflict_pipeline_tests.end_to_end.processes import (
    CHUNKS,
    CONFIG,
    SETTINGS,
    Running,
    Start,
    add_trigger,
    chunks,
    crash,
    cycle_states,
    drop_trigger,
    in_progress_flag,
    materialized,
    own_server,
    start,
    start_job,
    wait_until,
    waiting,
)
from conflict_pipeline_tests.end_to_end.tables import conflict_rows
from conflict_pipeline_tests.server import Conninfo, database_variables, open_database, recreate_database

__all__ = ["own_server", "start", "start_job"]  # fixtures

# Takes minutes and tests nothing that a change of a rule could break, so it is not in every `make test`.
pytestmark = [pytest.mark.services, pytest.mark.timeout(300)]

# With this seed the moments of each kind are spread over the whole cycle, its start included.
SEED = 2337
ROUNDS = 12
# The first rounds, one of each kind, have processes that share only the database with others.
FRESH_ROUNDS = 4
# The ops of a job before its first chunk, which name their sessions.
STARTS = ("open_or_resume_cycle", "reminders", "snapshot", "plan_cycle")
SAMPLE, EXPECTED, DISTURBED = "sample", "undisturbed", "disturbed"


@dataclass(frozen=True)
class Round:
    """What a round needs."""

    database: Postgres
    server: EmbeddedPostgres
    start_job: Callable[..., Running]
    dagster_home: Path
    chance: random.Random


@pytest.fixture(scope="module")
def undisturbed(own_server: EmbeddedPostgres) -> dict[int, dict[str, Any]]:
    """conflictvisitmaps after an undisturbed cycle on a clone of the sample."""
    _clone("template0", SAMPLE, own_server)
    with open_database(_conninfo(own_server), SAMPLE).session("sample") as session:
        apply_schema(session, loads=False)
        load_sample(session, SIZE, datetime.now(UTC).date())
    _clone(SAMPLE, EXPECTED, own_server)
    database = open_database(_conninfo(own_server), EXPECTED)
    process_cycle(database, SETTINGS)
    return conflict_rows(database)


@pytest.fixture
def disturbed(
    own_server: EmbeddedPostgres, undisturbed: dict[int, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> Postgres:
    """A clone of the sample; also the database that the settings name."""
    _clone(SAMPLE, DISTURBED, own_server)
    for name, value in database_variables(_conninfo(own_server), DISTURBED).items():
        monkeypatch.setenv(name, value)
    load_settings.cache_clear()
    return open_postgres()


def _kill_the_job(play: Round, *, fresh: bool) -> None:
    job = play.start_job("conflict_report", CONFIG, fresh=fresh)
    _wait_for_a_random_moment(play, job)
    job.kill()


def _terminate_a_backend(play: Round, *, fresh: bool) -> None:
    job = play.start_job("conflict_report", CONFIG, fresh=fresh)
    _wait_for_a_random_moment(play, job)
    with psycopg.connect(**play.database.conninfo, autocommit=True) as conn:
        backends = conn.execute(
            """SELECT pid FROM pg_stat_activity
            WHERE datname = current_database() AND application_name LIKE 'conflict_pipeline%' ORDER BY pid"""
        ).fetchall()
        if backends:
            conn.execute("SELECT pg_terminate_backend(%s)", play.chance.choice(backends))
    job.wait()


def _crash_the_server(play: Round, *, fresh: bool) -> None:
    job = play.start_job("conflict_report", CONFIG, fresh=fresh)
    _wait_for_a_random_moment(play, job)
    crash(play.server, seconds_away=play.chance.uniform(0, 0.5))
    job.wait()


def _kill_a_worker(play: Round, *, fresh: bool) -> None:
    with play.database.session("test") as session:
        plan = open_cycle(session, SETTINGS)
        with dg.DagsterInstance.from_config(str(play.dagster_home)) as instance:
            partitions.register(instance, plan.partition_keys, [])
        add_trigger(session, "slow", "PERFORM pg_sleep(0.002);")
        victim, other = play.chance.sample(plan.partition_keys, 2)
        workers = {
            key: play.start_job("process_task02_chunk", key=key, fresh=fresh) for key in (victim, other)
        }
        wait_until(lambda: chunks(session)[victim]["attempts"] == 1, "start of the chunk", workers[victim])
        time.sleep(play.chance.uniform(0, 0.25))
        workers[victim].kill()
        assert workers[other].wait() == 0, workers[other].output
        drop_trigger(session, "slow")


KINDS = {
    "job": _kill_the_job,
    "backend": _terminate_a_backend,
    "server": _crash_the_server,
    "worker": _kill_a_worker,
}


@pytest.mark.parametrize(
    ("number", "kind"), [(number, list(KINDS)[number % len(KINDS)]) for number in range(ROUNDS)]
)
def test_a_rerun_ends_in_the_undisturbed_state_and_processes_no_completed_chunk_again(
    disturbed: Postgres,
    undisturbed: dict[int, dict[str, Any]],
    own_server: EmbeddedPostgres,
    start_job: Start,
    dagster_home: Path,
    number: int,
    kind: str,
) -> None:
    play = Round(disturbed, own_server, start_job, dagster_home, random.Random(f"{SEED} {number}"))
    KINDS[kind](play, fresh=number < FRESH_ROUNDS)

    with disturbed.session("test") as session:
        before = _completed(session)
        if cycle_states(session) != ["completed"]:
            rerun = start_job("conflict_report", CONFIG)
            assert rerun.wait() == 0, rerun.output
        after = _completed(session)
        assert cycle_states(session) == ["completed"]
        assert set(after) == set(chunks(session))
        assert in_progress_flag(session) == 2
    assert {key: after[key] for key in before} == before
    assert materialized(dagster_home) == set(after)
    assert conflict_rows(disturbed) == undisturbed


def test_a_job_killed_while_it_closes_its_cycle_does_not_leave_the_application_waiting(
    sample: Postgres, start_job: Start
) -> None:
    with sample.session("test") as session:
        ended = 'IF NEW."InProgressFlag" = 2 THEN PERFORM pg_sleep(60); END IF;'
        add_trigger(session, "slow", ended, "settings")
        job = start_job("conflict_report", CONFIG)
        wait_until(lambda: waiting(session, "close_cycle", "Timeout"), "the job at InProgressFlag", job)
        job.kill()
        (backend,) = waiting(session, "close_cycle", "Timeout")
        session.conn.execute("SELECT pg_terminate_backend(%s, 5000)", [backend])
        drop_trigger(session, "slow")

        if cycle_states(session) != ["completed"]:
            rerun = start_job("conflict_report", CONFIG)
            assert rerun.wait() == 0, rerun.output

        assert cycle_states(session) == ["completed"]
        assert in_progress_flag(session) == 2


def _completed(session: Session) -> dict[str, tuple[int, datetime]]:
    """The attempts and the end of the chunks that have completed."""
    return {
        key: (chunk["attempts"], chunk["finished_at"])
        for key, chunk in chunks(session).items()
        if chunk["status"] == "completed"
    }


def _wait_for_a_random_moment(play: Round, job: Running) -> None:
    """Wait until the job is at one of its first ops, or has completed some chunks, and a little longer."""
    moment = play.chance.choice([*STARTS, *range(CHUNKS)])
    if isinstance(moment, str):
        query = "SELECT FROM pg_stat_activity WHERE application_name LIKE %s"
        value: str | int = f"conflict_pipeline {moment}%"
    else:
        query = """SELECT FROM conflict.conflict_chunk
            HAVING count(*) > 0 AND count(*) FILTER (WHERE state = 'completed') >= %s"""
        value = moment
    with psycopg.connect(**play.database.conninfo, autocommit=True) as conn:
        wait_until(lambda: not job.alive or conn.execute(query, [value]).rowcount, f"{moment} of the job")
    time.sleep(play.chance.uniform(0, 0.15))


def _conninfo(server: EmbeddedPostgres) -> Conninfo:
    return {"host": server.host, "port": 5432, "user": USER}


def _clone(template: str, name: str, server: EmbeddedPostgres) -> None:
    with psycopg.connect(**_conninfo(server), dbname="postgres", autocommit=True) as conn:
        recreate_database(conn, name, template)
