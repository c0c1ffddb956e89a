import threading
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from conflict_pipeline.cycles import ledger, run
from conflict_pipeline.cycles.settings import CycleSettings
from conflict_pipeline.errors import ChunkBusyError, PipelineError
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.steps.redetect import RedetectCounts
from conflict_pipeline_tests.rows import DAY, SSN, WIDE, change, insert, pair, read

NEXT_DAY = DAY + timedelta(days=1)
# A chunk for each key.
SMALL = CycleSettings(target_chunk_size=1, max_chunk_size=2, lookback_years=50)
COUNTS = {"redetect": RedetectCounts(2, 1, 1, 0, 0, 0, 0, 3, 1, redetected_by_rule={"DistanceFlag": 1})}


@pytest.fixture
def rows(session: Session) -> Session:
    """Six rows of three keys; one key has three rows, one has no SSN."""
    places = [(DAY, None), (DAY, SSN), (DAY, SSN), (DAY, SSN), (NEXT_DAY, SSN), (NEXT_DAY, SSN)]
    for number, (day, ssn) in enumerate(places, start=1):
        pair(session, number, VisitDate=day, SSN=ssn)
    return session


def test_a_plan_says_what_it_found(rows: Session) -> None:
    plan = run.plan_cycle(rows, SMALL, "run")

    assert (plan.rows, plan.keys, plan.largest_chunk, plan.superseded) == (6, 3, 3, None)
    assert plan.partition_keys == [f"{plan.cycle_key}_{number:04d}" for number in (1, 2, 3)]
    assert plan.oversized_chunks == [f"{plan.cycle_key}_0002"]


def test_the_ranges_cover_the_window_from_end_to_end(rows: Session) -> None:
    plan = run.plan_cycle(rows, SMALL, "run")

    chunks = read(rows, "conflict_chunk")
    starts = [(chunk["from_date"], chunk["from_ssn"]) for chunk in chunks]
    ends = [(chunk["to_date"], chunk["to_ssn"]) for chunk in chunks]
    assert starts == [(plan.window.window_start, ""), (DAY, SSN), (NEXT_DAY, SSN)]
    assert ends == [*starts[1:], (plan.window.window_end + timedelta(days=1), "")]
    assert [chunk["planned"] for chunk in chunks] == [1, 3, 2]


def test_a_plan_of_nothing_has_no_chunk_and_can_be_closed(session: Session) -> None:
    plan = run.plan_cycle(session, SMALL, "run")
    ledger.close_cycle(session, plan.cycle_id)

    assert (plan.partition_keys, plan.rows, plan.largest_chunk) == ([], 0, 0)
    assert ledger.require_cycle(session).state == "completed"


def test_a_plan_remembers_settings_run_and_upstream_load(rows: Session) -> None:
    load = {"MODULE": "Conflict Report", "STATUS": "success", "REFRESH_FINISHED_AT": "2026-03-02 01:30"}
    insert(rows, "factdatarefreshstatus", **load)

    run.plan_cycle(rows, SMALL, "run 7")

    cycle = ledger.require_cycle(rows)
    assert cycle.settings["lookback_years"] == 50
    assert read(rows, "conflict_cycle")[0]["run_id"] == "run 7"
    (included,) = read(rows, "conflict_upstream_load")
    assert (str(included["finished_at"]), included["cycle_id"]) == ("2026-03-02 01:30:00", cycle.cycle_id)


def test_a_new_plan_supersedes_the_open_one_and_skips_what_is_undone(rows: Session) -> None:
    first = run.plan_cycle(rows, SMALL, "run")
    done, *undone = first.partition_keys
    complete(rows, done)

    second = run.plan_cycle(rows, SMALL, "run")

    assert second.superseded == first.cycle_key
    states = {chunk["partition_key"]: chunk["status"] for chunk in ledger.chunks(rows, first.cycle_id)}
    assert states == {done: "completed", **dict.fromkeys(undone, "skipped")}
    assert ledger.require_cycle(rows).cycle_key == second.cycle_key
    assert [cycle["state"] for cycle in read(rows, "conflict_cycle")] == ["superseded", "open"]


def test_a_cycle_that_is_completed_is_not_superseded(rows: Session) -> None:
    first = run.plan_cycle(rows, WIDE, "run")
    complete(rows, first.partition_keys[0])
    ledger.close_cycle(rows, first.cycle_id)

    assert run.plan_cycle(rows, WIDE, "run").superseded is None


def test_partition_keys_are_unique_and_sort_also_for_plans_within_a_second(rows: Session) -> None:
    keys = [key for _ in range(3) for key in run.plan_cycle(rows, SMALL, "run").partition_keys]

    assert keys == sorted(set(keys))
    assert len(keys) == 9


def test_a_plan_that_breaks_off_leaves_the_old_one(rows: Session) -> None:
    first = run.plan_cycle(rows, SMALL, "run")
    rows.conn.execute("ALTER TABLE conflict.conflict_chunk ADD CHECK (keys > 9) NOT VALID")

    with pytest.raises(psycopg.errors.CheckViolation):
        run.plan_cycle(rows, SMALL, "run")

    cycle = ledger.require_cycle(rows)
    assert (cycle.cycle_key, cycle.state, cycle.pending) == (first.cycle_key, "open", 3)


def test_before_any_plan_a_person_is_told_what_to_run(session: Session) -> None:
    with pytest.raises(PipelineError, match="get_task02_chunks"):
        ledger.require_cycle(session)


def test_a_chunk_that_is_claimed_is_busy_for_others(database: Postgres, rows: Session) -> None:
    key = run.plan_cycle(rows, WIDE, "run").partition_keys[0]

    with (
        ledger.claimed(rows, key),
        database.session("other") as other,
        pytest.raises(ChunkBusyError, match=key),
        ledger.claimed(other, key),
    ):
        pass

    with database.session("other") as other, ledger.claimed(other, key) as chunk:
        assert chunk.partition_key == key


def test_a_claim_is_given_back_after_an_error(database: Postgres, rows: Session) -> None:
    key = run.plan_cycle(rows, WIDE, "run").partition_keys[0]

    with pytest.raises(ZeroDivisionError), ledger.claimed(rows, key):
        raise ZeroDivisionError

    with database.session("other") as other, ledger.claimed(other, key) as chunk:
        assert chunk.state == "pending"


def test_a_chunk_is_free_once_its_workers_connection_is_dead(database: Postgres, rows: Session) -> None:
    key = run.plan_cycle(rows, WIDE, "run").partition_keys[0]

    def work() -> None:
        with database.session("worker") as worker, ledger.claimed(worker, key):
            rows.conn.execute("SELECT pg_terminate_backend(%s, 5000)", [worker.conn.info.backend_pid])
            worker.conn.execute("SELECT 1")

    with pytest.raises(psycopg.OperationalError):
        work()
    with ledger.claimed(rows, key) as chunk:
        assert chunk.partition_key == key


def test_an_unknown_key_is_answered_with_the_newest_cycle(rows: Session) -> None:
    plan = run.plan_cycle(rows, SMALL, "run")

    with pytest.raises(PipelineError) as error, ledger.claimed(rows, "unknown"):
        pass

    assert f"There is no chunk unknown. The newest cycle is {plan.cycle_key} with 3 chunks" in str(
        error.value
    )


def test_a_key_before_any_plan_is_answered_with_what_to_run(session: Session) -> None:
    with pytest.raises(PipelineError, match="get_task02_chunks"), ledger.claimed(session, "unknown"):
        pass


def test_a_chunk_shows_no_ssn(rows: Session) -> None:
    key = run.plan_cycle(rows, SMALL, "run").partition_keys[1]

    with ledger.claimed(rows, key) as chunk:
        assert SSN not in repr(chunk)
        assert SSN not in str(chunk)
    assert SSN not in str(ledger.chunks(rows, chunk.cycle_id))


def test_a_chunk_of_an_ended_cycle_is_pointless_and_says_why(rows: Session) -> None:
    old = run.plan_cycle(rows, WIDE, "run").partition_keys[0]
    new = run.plan_cycle(rows, WIDE, "run")

    with ledger.claimed(rows, old) as chunk:
        assert chunk.skip_reason == f"superseded by cycle {new.cycle_key}"
    with ledger.claimed(rows, new.partition_keys[0]) as chunk:
        assert chunk.skip_reason is None


def test_rules_are_summed_over_the_cycle(rows: Session) -> None:
    plan = run.plan_cycle(rows, SMALL, "run")
    for key in plan.partition_keys[:2]:
        complete(rows, key)

    assert ledger.require_cycle(rows).counts["redetect"]["redetected_by_rule"] == {"DistanceFlag": 2}


def test_two_plans_at_the_same_time_come_one_after_the_other(database: Postgres, rows: Session) -> None:
    keys: list[str] = []

    def plan() -> None:
        with database.session("plan") as session:
            keys.append(run.plan_cycle(session, SMALL, "run").cycle_key)

    threads = [threading.Thread(target=plan) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    cycles = read(rows, "conflict_cycle")
    assert {cycle["cycle_key"] for cycle in cycles} == set(keys)
    assert [cycle["state"] for cycle in cycles] == [*["superseded"] * 3, "open"]


def test_today_is_the_report_time_zones(session: Session) -> None:
    days: list[Any] = []
    for zone in ("Etc/GMT+12", "Etc/GMT-14"):
        session.conn.execute("SELECT set_config('TimeZone', %s, false)", [zone])
        days.append(ledger.today(session))

    assert days[0] < days[1]


def complete(session: Session, key: str) -> None:
    with ledger.claimed(session, key) as chunk:
        ledger.start_chunk(session, chunk, "run")
        ledger.complete_chunk(session, chunk, COUNTS)


def test_attempts_are_counted_and_an_end_is_recorded(rows: Session) -> None:
    key = run.plan_cycle(rows, WIDE, "run").partition_keys[0]
    with ledger.claimed(rows, key) as chunk:
        attempts = [ledger.start_chunk(rows, chunk, run) for run in ("run 1", "run 2")]
        ledger.fail_chunk(rows, chunk.chunk_id, "run 2", "DeadlockDetected")

    (found,) = ledger.chunks(rows, chunk.cycle_id)
    assert attempts == [1, 2]
    assert [found[name] for name in ("status", "attempts", "run_id", "error")] == [
        *("failed", 2, "run 2", "DeadlockDetected")
    ]


def test_rows_added_after_the_plan_are_in_a_chunk_too(rows: Session) -> None:
    window = run.plan_cycle(rows, SMALL, "run").window
    change(rows, "conflictvisitmaps", VisitDate=window.window_end, SSN="999999999")

    uncovered = rows.one("cycles/check_cover_every_row", read(rows, "conflict_cycle")[0])

    assert uncovered == {"failing": 0}
