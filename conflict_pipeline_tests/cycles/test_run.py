"""The life of a cycle: opened or resumed, its steps, its plan and its end."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import psycopg
import pytest

from conflict_pipeline.cycles import ledger, run
from conflict_pipeline.errors import PipelineError
from conflict_pipeline.model import Counts, Cycle
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.report.figures import compute
from conflict_pipeline.steps import reminders, snapshot
from conflict_pipeline.steps.step import CycleStep, When
from conflict_pipeline_tests.rows import (
    at,
    change,
    clear,
    insert,
    pair,
    read,
    settings,
    small_world,
    visit,
)
from conflict_pipeline_tests.small_cycles import (
    SMALL,
    allow,
    cycle_states,
    do,
    in_progress,
    refuse,
    start_cycle,
    states,
    world,
)

__all__ = ["world"]  # fixture


def open_or_resume(session: Session, *, new_cycle: bool = False, max_age_hours: float = 24) -> Cycle:
    return run.open_or_resume(session, SMALL, "run", new_cycle=new_cycle, max_age_hours=max_age_hours)


def make_older(session: Session, hours: int) -> None:
    session.conn.execute(
        "UPDATE conflict.conflict_cycle SET opened_at = opened_at - make_interval(hours => %s)", [hours]
    )


class TestOpenOrResume:
    def test_a_new_cycle_is_prepared_and_the_application_is_asked_to_wait(self, world: Session) -> None:
        cycle = open_or_resume(world)

        assert (cycle.state, cycle.prepared_by, cycle.planned_at) == ("preparing", "conflict_report", None)
        assert ledger.newest_cycle(world) is None
        assert in_progress(world) == 1

    def test_an_open_cycle_is_resumed(self, world: Session) -> None:
        planned = start_cycle(world)
        change(world, "settings", InProgressFlag=2)

        cycle = open_or_resume(world)

        assert (cycle.cycle_key, cycle.state) == (planned.cycle_key, "open")
        assert in_progress(world) == 1

    def test_a_preparation_is_resumed_with_the_new_settings(self, world: Session) -> None:
        first = open_or_resume(world)

        second = run.open_or_resume(
            world, replace(SMALL, lookback_years=1), "run 2", new_cycle=False, max_age_hours=24
        )

        assert (second.cycle_id, second.state) == (first.cycle_id, "preparing")
        assert second.window_start > first.window_start

    def test_a_preparation_goes_before_an_older_open_cycle(self, world: Session) -> None:
        start_cycle(world)
        preparing = open_or_resume(world, new_cycle=True)

        assert open_or_resume(world).cycle_id == preparing.cycle_id

    def test_what_single_assets_prepared_is_not_taken_over(self, world: Session) -> None:
        by_assets = run.prepare_for_assets(world, SMALL, "run", max_age_hours=24)

        cycle = open_or_resume(world)

        assert cycle.cycle_id != by_assets.cycle_id
        assert cycle_states(world) == ["superseded", "preparing"]

    def test_with_new_cycle_nothing_is_resumed(self, world: Session) -> None:
        start_cycle(world)

        assert open_or_resume(world, new_cycle=True).state == "preparing"
        assert cycle_states(world) == ["open", "preparing"]

    @pytest.mark.parametrize(("hours", "is_resumed"), [(23, True), (24, False)])
    def test_a_cycle_is_resumed_for_a_day(self, world: Session, hours: int, is_resumed: bool) -> None:
        planned = start_cycle(world)
        make_older(world, hours)

        assert (open_or_resume(world).cycle_key == planned.cycle_key) is is_resumed

    def test_two_jobs_that_start_at_the_same_time_share_one_cycle(
        self, database: Postgres, world: Session
    ) -> None:
        def job() -> int:
            with database.session("job") as session:
                return open_or_resume(session).cycle_id

        with ThreadPoolExecutor(3) as pool:
            found = {future.result() for future in [pool.submit(job) for _ in range(3)]}

        assert len(found) == len(read(world, "conflict_cycle")) == 1

    def test_after_a_failure_the_application_need_not_wait(self, world: Session) -> None:
        world.conn.execute("DROP TABLE conflict.conflict_step CASCADE")

        with pytest.raises(psycopg.errors.UndefinedTable):
            open_or_resume(world)

        assert in_progress(world) == 2

    @pytest.mark.parametrize("rows", [0, 2])
    def test_without_exactly_one_settings_row_nothing_starts(self, world: Session, rows: int) -> None:
        clear(world, "settings")
        for number in range(rows):
            settings(world, ID=number)

        with pytest.raises(PipelineError, match="exactly one row"):
            open_or_resume(world)

        assert read(world, "conflict_cycle") == []
        assert [row["InProgressFlag"] for row in read(world, "settings")] == [2] * rows


class TestSteps:
    def test_a_step_is_completed_with_its_counts(self, world: Session) -> None:
        cycle = open_or_resume(world)

        result = run.run_step(world, snapshot.STEP, cycle, "run 7")

        (row,) = ledger.cycle_steps(world, cycle.cycle_id)
        assert (row["step"], row["state"], row["run_id"]) == ("snapshot", "completed", "run 7")
        assert row["counts"] == result.counts.as_json() == {"copied": 3}
        assert ledger.get_cycle(world, cycle.cycle_id).counts == {"snapshot": {"copied": 3}}

    def test_a_completed_step_is_not_run_again(self, world: Session) -> None:
        cycle = open_or_resume(world)
        first = run.run_step(world, snapshot.STEP, cycle, "run")
        clear(world, "conflictvisitmaps_temp")

        again = run.run_step(world, snapshot.STEP, cycle, "run")

        assert (first.is_new, again.is_new, again.counts) == (True, False, first.counts)
        assert read(world, "conflictvisitmaps_temp") == []

    def test_unless_it_is_asked_for(self, world: Session) -> None:
        cycle = open_or_resume(world)
        run.run_step(world, snapshot.STEP, cycle, "run")
        pair(world, 4)

        again = run.run_step(world, snapshot.STEP, cycle, "run", again=True)

        assert (again.is_new, again.counts.as_json()) == (True, {"copied": 4})

    def test_a_step_of_the_previous_cycle_is_run_again(self, world: Session) -> None:
        start_cycle(world)

        result = run.run_step(world, snapshot.STEP, open_or_resume(world, new_cycle=True), "run")

        assert result.is_new

    def test_a_failed_step_writes_nothing_and_records_why(self, world: Session) -> None:
        cycle = open_or_resume(world)
        world.conn.execute("ALTER TABLE conflict.conflictvisitmaps_temp ADD CHECK (FALSE)")

        with pytest.raises(psycopg.errors.CheckViolation):
            run.run_step(world, snapshot.STEP, cycle, "run")

        (row,) = ledger.cycle_steps(world, cycle.cycle_id)
        assert (row["state"], row["counts"]) == ("failed", None)
        assert row["error"].startswith("CheckViolation")
        assert in_progress(world) == 2

    def test_a_failed_step_can_be_run_again(self, world: Session) -> None:
        cycle = open_or_resume(world)
        ledger.start_step(world, cycle.cycle_id, "snapshot", "run")
        ledger.fail_step(world, cycle.cycle_id, "snapshot", "why")

        run.run_step(world, snapshot.STEP, cycle, "run")

        (row,) = ledger.cycle_steps(world, cycle.cycle_id)
        assert (row["state"], row["error"]) == ("completed", None)

    def test_the_application_waits_from_the_snapshot_on(self, world: Session) -> None:
        cycle = run.prepare_for_assets(world, SMALL, "run", max_age_hours=24)
        change(world, "settings", InProgressFlag=2)

        run.run_step(world, reminders.STEP, cycle, "run")
        flags = [in_progress(world)]
        run.run_step(world, snapshot.STEP, cycle, "run")

        assert [*flags, in_progress(world)] == [2, 1]

    def test_two_sessions_run_a_step_once(self, database: Postgres, world: Session) -> None:
        cycle = open_or_resume(world)

        def job() -> bool:
            with database.session("job") as session:
                return run.run_step(session, snapshot.STEP, cycle, "run").is_new

        with ThreadPoolExecutor(2) as pool:
            assert sorted(future.result() for future in [pool.submit(job) for _ in range(2)]) == [False, True]

    def test_a_step_after_the_chunks_of_a_superseded_cycle_is_rolled_back(self, world: Session) -> None:
        cycle = ledger.get_cycle(world, start_cycle(world).cycle_id)
        run.plan_cycle(world, SMALL, "run")
        step = replace(snapshot.STEP, name="late", when=When.AFTER_CHUNKS, run=_insert_conflict)

        with pytest.raises(PipelineError, match="superseded"):
            run.run_step(world, step, cycle, "run")

        assert len(read(world, "conflicts")) == 1


def _insert_conflict(session: Session, _: Cycle) -> Counts:
    insert(session, "conflicts", CONFLICTID=99)
    return Counts()


class TestPlan:
    def test_the_prepared_cycle_is_opened_with_its_chunks(self, world: Session) -> None:
        prepared = open_or_resume(world)

        plan = run.plan_cycle(world, SMALL, "run")

        cycle = ledger.require_cycle(world)
        assert (cycle.cycle_id, cycle.state, cycle.chunks) == (prepared.cycle_id, "open", 3)
        assert (plan.rows, plan.keys, plan.partition_keys[0]) == (3, 3, f"{cycle.cycle_key}_0001")

    def test_without_a_preparation_a_cycle_is_opened_at_once(self, world: Session) -> None:
        run.plan_cycle(world, SMALL, "run")

        assert cycle_states(world) == ["open"]

    def test_a_plan_supersedes_the_open_cycle_and_skips_its_chunks(self, world: Session) -> None:
        first = start_cycle(world)

        second = start_cycle(world)

        assert second.superseded == first.cycle_key
        assert states(world) == ["skipped"] * 3 + ["pending"] * 3

    def test_a_plan_that_fails_leaves_the_open_cycle_and_the_preparation(self, world: Session) -> None:
        start_cycle(world)
        open_or_resume(world, new_cycle=True)
        world.conn.execute("ALTER TABLE conflict.conflict_chunk ADD CHECK (cycle_id < 2)")

        with pytest.raises(psycopg.errors.CheckViolation):
            run.plan_cycle(world, SMALL, "run")

        assert cycle_states(world) == ["open", "preparing"]
        assert states(world) == ["pending"] * 3
        assert in_progress(world) == 2

    def test_the_window_is_counted_from_the_day_on_which_the_cycle_was_prepared(self, world: Session) -> None:
        prepared = open_or_resume(world)
        world.conn.execute("UPDATE conflict.conflict_cycle SET today = today - 1")

        plan = run.plan_cycle(world, SMALL, "run")

        assert (prepared.window_end - plan.window.window_end).days == 1


class TestFinish:
    def test_the_cycle_is_closed_and_the_application_need_not_wait(
        self, database: Postgres, world: Session
    ) -> None:
        plan = start_cycle(world)
        do(database, *plan.partition_keys)

        finished, was_open = run.finish(world)

        assert (was_open, run.finish(world)[1]) == (True, False)
        assert (finished.cycle_key, finished.state, finished.completed) == (plan.cycle_key, "completed", 3)
        assert finished.counts["redetect"].items() >= {"rows": 3, "redetected": 1, "guarded": 1}.items()
        assert in_progress(world) == 2

    def test_a_cycle_with_an_unfinished_chunk_is_not_closed(self, database: Postgres, world: Session) -> None:
        plan = start_cycle(world)
        refuse(world, "900000002")
        do(database, *plan.partition_keys[::2])
        with pytest.raises(PipelineError):
            do(database, plan.partition_keys[1])

        with pytest.raises(PipelineError, match=r"2 of 3 chunks are completed, 1 failed.*conflict_report"):
            run.finish(world)

        assert ledger.require_cycle(world).state == "open"
        allow(world)
        do(database, plan.partition_keys[1])
        assert run.finish(world)[1]

    def test_nor_is_one_with_an_unfinished_step(
        self, world: Session, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        step: CycleStep = replace(snapshot.STEP, name="late", when=When.AFTER_CHUNKS)
        monkeypatch.setattr("conflict_pipeline.steps.STEPS", (step,))
        world.conn.execute("DELETE FROM conflict.conflictvisitmaps")
        run.plan_cycle(world, SMALL, "run")

        with pytest.raises(PipelineError, match="has not completed its steps late"):
            run.finish(world)

        assert ledger.require_cycle(world).state == "open"

    def test_before_any_plan_the_message_names_the_job(self, session: Session) -> None:
        with pytest.raises(PipelineError, match=r"No cycle has been planned yet.*conflict_report"):
            run.finish(session)


def test_a_cycle_that_is_prepared_before_midnight_keeps_its_day_and_window(world: Session) -> None:
    cycle = open_or_resume(world)
    world.conn.execute("UPDATE conflict.conflict_cycle SET today = today - 1")  # as if it were a day later
    settings_of_a_retry = replace(SMALL, lookahead_days=7)
    cycle = ledger.change_settings(world, cycle.cycle_id, settings_of_a_retry, "run")

    run.run_step(world, snapshot.STEP, cycle, "run")
    plan = run.plan_prepared_cycle(world, "run")

    (noted,) = read(world, "conflict_snapshot")
    assert plan is not None
    assert (noted["window_start"], noted["window_end"]) == (plan.window.window_start, plan.window.window_end)
    assert plan.window.window_end == ledger.today(world) + timedelta(days=6)


def test_every_worker_processes_a_cycle_in_the_time_zone_in_which_it_was_prepared(
    database: Postgres, environment: Callable[..., Postgres]
) -> None:
    """One visit is open, and its scheduled times are the actual times of the other in New York only."""
    name = database.conninfo["dbname"]
    new_york = environment(name, REPORT_TIMEZONE="America/New_York")
    with new_york.session("preparation") as session:
        small_world(session)
        insert(session, "conflicts", CONFLICTID=7)
        visit(session, "v1", scheduled=("09:00", "11:00"))
        visit(session, "v2", actual=("09:00", "11:00"))
        pair(session)
        cycle = open_or_resume(session)
    tokyo = environment(name, REPORT_TIMEZONE="Asia/Tokyo")

    with tokyo.session("resumed") as session:
        for step in (reminders.STEP, snapshot.STEP):
            run.run_step(session, step, cycle, "run")
        plan = run.plan_prepared_cycle(session, "run")
        assert plan is not None
        (result,) = do(tokyo, *plan.partition_keys)
        finished, _ = run.finish(session)
        report = compute(session, finished, tokyo.settings)

        assert finished.time_zone == "America/New_York"
        assert read(session, "conflict_cycle")[0]["inputs"]["time_zone"] == "America/New_York"
        assert result.counts["redetect"].as_json()["redetected_by_rule"]["SchAndVisitTimeSameFlag"] == 1
        (row,) = read(session, "conflictvisitmaps")
        (before,) = read(session, "conflictvisitmaps_temp")
    assert row["SchStartTime"] == at("09:00")
    for written in (row["UpdatedDate"], before["CreatedDate"]):
        here = datetime.now(ZoneInfo("America/New_York")).replace(tzinfo=None)
        assert abs(here - written) < timedelta(hours=1)
    assert report.row("hours")["hour"] == at("09:00").hour
