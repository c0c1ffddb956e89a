"""Each check holds for a good cycle, and fails for one that is broken by hand."""

from dataclasses import replace

import dagster as dg
import pytest

from conflict_pipeline.cycles import checks, ledger, run
from conflict_pipeline.cycles.checks import CheckOutcome, TableCheck
from conflict_pipeline.defs.checks import asset_checks, evaluation
from conflict_pipeline.defs.resources import PostgresResource
from conflict_pipeline.model import Cycle
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.steps.step import Check, Severity
from conflict_pipeline_tests.small_cycles import SMALL, SSNS, do, finished_cycle, start_cycle, three_rows

ERROR, WARN = Severity.ERROR, Severity.WARN
CHANGE_COUNT = """UPDATE conflict.conflict_chunk
    SET counts = jsonb_set(counts, '{{redetect, {0}}}', to_jsonb((counts -> 'redetect' ->> '{0}')::int + 1))
    WHERE chunk_number = 2"""
BREAKS = [
    pytest.param(
        "conflict_chunks_are_disjoint",
        ERROR,
        "UPDATE conflict.conflict_chunk SET to_date = to_date + 1 WHERE chunk_number = 1",
        id="two chunks share keys",
    ),
    pytest.param(
        "conflict_chunks_cover_every_row",
        ERROR,
        "UPDATE conflict.conflict_chunk SET to_date = from_date, to_ssn = from_ssn WHERE chunk_number = 2",
        id="a chunk is empty",
    ),
    pytest.param(
        "conflictvisitmaps_counts_add_up",
        ERROR,
        CHANGE_COUNT.format("redetected"),
        id="a row was counted twice",
    ),
    pytest.param(
        "conflictvisitmaps_marks_match_counts",
        WARN,
        """UPDATE conflict.conflict_chunk SET counts = jsonb_set(counts, '{redetect, marked}', '0')
        WHERE chunk_number = 2""",
        id="a row has a mark that was not counted",
    ),
    pytest.param(
        "conflictvisitmaps_rows_were_planned",
        WARN,
        "UPDATE conflict.conflict_chunk SET planned = planned + 1 WHERE chunk_number = 2",
        id="a planned row has gone",
    ),
    pytest.param(
        "conflictvisitmaps_rows_have_a_parent", WARN, "DELETE FROM conflict.conflicts", id="no parent"
    ),
    pytest.param(
        "conflictvisitmaps_speed_bands_are_contiguous",
        WARN,
        """UPDATE conflict.conflict_cycle_input SET rows = jsonb_set(rows, '{0, From}', '1')
        WHERE table_name = 'mph'""",
        id="a gap of speeds",
    ),
    pytest.param(
        "conflictvisitmaps_gps_texts_are_readable",
        WARN,
        CHANGE_COUNT.format("bad_gps"),
        id="an unreadable text",
    ),
    pytest.param(
        "conflictvisitmaps_times_are_usable",
        WARN,
        CHANGE_COUNT.format("bad_times"),
        id="an infinite time",
    ),
]


@pytest.fixture
def finished(database: Postgres, session: Session) -> Cycle:
    return finished_cycle(database, session)


def outcomes(session: Session) -> list[CheckOutcome]:
    """Of all checks, as a whole-cycle job evaluates them."""
    cycle = ledger.require_cycle(session)
    return list(checks.evaluate_all(session, cycle, [*checks.plan_checks(), *checks.step_checks()]))


def failed(session: Session) -> list[tuple[str, Severity]]:
    return [
        (outcome.table_check.name, outcome.table_check.check.severity)
        for outcome in outcomes(session)
        if not outcome.passed
    ]


def in_the_ui() -> dict[str, bool]:
    """What the asset checks find, by name."""
    result = _execute()
    return {one.check_name: one.passed for one in result.get_asset_check_evaluations()}


def _execute() -> dg.ExecuteInProcessResult:
    definitions = dg.Definitions(asset_checks=asset_checks(), resources={"postgres": PostgresResource()})
    job = dg.define_asset_job("checks", selection=dg.AssetSelection.all_asset_checks())
    with dg.DagsterInstance.ephemeral() as instance:
        resolved = dg.Definitions.merge(definitions, dg.Definitions(jobs=[job])).resolve_job_def("checks")
        return resolved.execute_in_process(instance=instance, raise_on_error=False)


def test_every_check_holds_for_a_good_cycle(session: Session, finished: Cycle) -> None:
    names = {outcome.table_check.name for outcome in outcomes(session)}

    assert failed(session) == []
    assert in_the_ui() == dict.fromkeys(names, True)


@pytest.mark.parametrize(("name", "severity", "statement"), BREAKS)
def test_what_is_broken_fails_its_check_and_no_other(
    session: Session, finished: Cycle, name: str, severity: Severity, statement: str
) -> None:
    session.conn.execute(statement.encode())

    assert failed(session) == [(name, severity)]


def test_every_check_is_broken_here() -> None:
    known = {one.name for one in (*checks.plan_checks(), *checks.step_checks())}

    assert {str(case.values[0]) for case in BREAKS} == known


def test_the_ui_finds_the_same(session: Session, finished: Cycle) -> None:
    session.conn.execute("DELETE FROM conflict.conflicts")

    found = in_the_ui()

    assert [name for name, passed in found.items() if not passed] == ["conflictvisitmaps_rows_have_a_parent"]


def test_while_the_cycle_is_open_only_its_plan_is_checked(session: Session) -> None:
    three_rows(session)
    start_cycle(session)

    assert {name for name in in_the_ui() if not name.startswith("conflict_chunks_")} == set()


@pytest.mark.parametrize(
    ("name", "statement"),
    [
        pytest.param(
            "conflict_chunks_cover_every_row",
            "DELETE FROM conflict.conflict_chunk WHERE cycle_id = 2",
            id="its chunk is missing",
        ),
        pytest.param(
            "conflictvisitmaps_marks_match_counts",
            """UPDATE conflict.conflict_chunk SET counts = jsonb_set(counts, '{redetect, marked}', '0')
            WHERE cycle_id = 2""",
            id="its row has a mark that was not counted",
        ),
    ],
)
def test_an_incremental_cycle_is_judged_by_the_rows_that_it_looks_at(
    database: Postgres, session: Session, name: str, statement: str
) -> None:
    three_rows(session)
    planned = []
    for _ in range(2):
        session.conn.execute("""UPDATE conflict.conflictvisitmaps SET "UpdateFlag" = 0 WHERE "ID" = 2""")
        plan = start_cycle(session, replace(SMALL, mode="incremental"))
        do(database, *plan.partition_keys)
        run.finish(session)
        planned.append(plan.rows)
    assert planned == [3, 1]
    assert failed(session) == []

    session.conn.execute(statement.encode())

    assert name in [found for found, _ in failed(session)]


def test_an_outcome_has_cycle_and_numbers_and_no_value(session: Session, finished: Cycle) -> None:
    session.conn.execute("UPDATE conflict.conflict_chunk SET to_date = to_date + 1 WHERE chunk_number = 1")

    found = evaluation(outcomes(session)[0])

    assert {name: value.value for name, value in found.metadata.items()} == {
        "cycle": finished.cycle_key,
        "failing": 1,
    }
    assert not [ssn for ssn in SSNS if ssn in repr(found)]


@pytest.mark.parametrize(("failing", "passed"), [(("failing",), True), (("failing", "rows"), False)])
def test_numbers_that_only_inform_fail_no_check(failing: tuple[str, ...], passed: bool) -> None:
    check = TableCheck("table", "cycles", Check("claim", WARN, "No rows.", failing))

    assert CheckOutcome(check, "c1", {"failing": 0, "rows": 5}).passed is passed


def test_before_any_plan_a_check_names_the_job(database: Postgres) -> None:
    result = _execute()

    assert not result.success
    errors = [event.step_failure_data.error for event in result.all_events if event.is_step_failure]
    assert all(error and "No cycle has been planned yet" in error.message for error in errors)
