"""Each claim holds of a good cycle, and is broken here by hand."""

from dataclasses import replace

import dagster as dg
import pytest

from conflict_pipeline.cycles.ledger import require_cycle
from conflict_pipeline.cycles.run import finish, open_or_resume
from conflict_pipeline.defs.checks import CHECKS, Check, asset_checks, evaluate, evaluate_all
from conflict_pipeline.defs.resources import PostgresResource
from conflict_pipeline.model import Cycle
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.small_cycles import SMALL, SSNS, do, finished_cycle, three_rows

ERROR, WARN = dg.AssetCheckSeverity.ERROR, dg.AssetCheckSeverity.WARN
BREAKS = [
    pytest.param(
        "conflict_chunks_are_disjoint",
        ERROR,
        "UPDATE conflict.conflict_chunk SET to_date = to_date + 1 WHERE chunk_number = 1",
        id="two chunks share keys",
    ),
    pytest.param(
        "conflict_chunks_cover_every_eligible_row",
        ERROR,
        "DELETE FROM conflict.conflict_chunk WHERE chunk_number = 2",
        id="a chunk is missing",
    ),
    pytest.param(
        "conflictvisitmaps_rows_are_updated_or_marked",
        ERROR,
        """UPDATE conflict.conflictvisitmaps SET "UpdateFlag" = NULL WHERE "ID" = 2""",
        id="a row lost its mark",
    ),
    pytest.param(
        "conflictvisitmaps_counts_add_up",
        ERROR,
        "UPDATE conflict.conflict_chunk SET redetected = redetected + 1 WHERE chunk_number = 2",
        id="a row was counted twice",
    ),
    pytest.param(
        "conflictvisitmaps_counts_add_up",
        ERROR,
        "UPDATE conflict.conflict_chunk SET redetected = 2, not_redetected = -1 WHERE chunk_number = 2",
        id="more rows re-detected than marked",
    ),
    pytest.param(
        "conflictvisitmaps_marked_rows_were_planned",
        WARN,
        "UPDATE conflict.conflict_chunk SET planned = planned + 1 WHERE chunk_number = 2",
        id="a planned row has gone",
    ),
    pytest.param(
        "conflictvisitmaps_rows_have_a_parent", WARN, "DELETE FROM conflict.conflicts", id="no parent"
    ),
    pytest.param(
        "mph_bands_are_contiguous", WARN, """UPDATE conflict.mph SET "From" = 1""", id="a gap of speeds"
    ),
    pytest.param(
        "mph_bands_are_contiguous",
        WARN,
        """INSERT INTO conflict.mph ("ID", "From", "To", "AverageMilesPerHour") VALUES (2, 5, 10, 30)""",
        id="an overlap of speeds",
    ),
    pytest.param(
        "mph_bands_are_contiguous",
        WARN,
        """UPDATE conflict.mph SET "AverageMilesPerHour" = NULL""",
        id="a band without a speed",
    ),
    pytest.param(
        "gps_texts_are_readable",
        WARN,
        "UPDATE conflict.conflict_chunk SET bad_gps = 1 WHERE chunk_number = 2",
        id="an unreadable text",
    ),
]


@pytest.fixture
def finished(database: Postgres, session: Session) -> Cycle:
    return finished_cycle(database, session)


def evaluations(session: Session) -> list[dg.AssetCheckEvaluation]:
    """Of all checks, as a whole-cycle job makes them."""
    cycle = require_cycle(session)
    return [
        outcome
        for asset in ("conflict_chunks", "conflict_report")
        for outcome in evaluate_all(session, cycle, asset)
    ]


def in_the_ui(name: str) -> dg.AssetCheckResult:
    """What the asset check of that name returns."""
    (definition,) = (checks for checks in asset_checks if name in {key.name for key in checks.check_keys})
    result = definition(postgres=PostgresResource())
    assert isinstance(result, dg.AssetCheckResult)
    return result


def test_every_claim_holds_of_a_good_cycle(session: Session, finished: Cycle) -> None:
    outcomes = evaluations(session)

    assert {outcome.check_name for outcome in outcomes} == {check.name for check in CHECKS}
    assert [outcome.check_name for outcome in outcomes if not outcome.passed] == []
    for check in CHECKS:
        assert in_the_ui(check.name).passed


@pytest.mark.parametrize(("name", "severity", "statement"), BREAKS)
def test_a_broken_claim_is_found_and_no_other_is_blamed(
    session: Session, finished: Cycle, name: str, severity: dg.AssetCheckSeverity, statement: str
) -> None:
    session.conn.execute(statement.encode())

    failed = [outcome for outcome in evaluations(session) if not outcome.passed]
    result = in_the_ui(name)

    assert [(outcome.check_name, outcome.severity) for outcome in failed] == [(name, severity)]
    assert (result.passed, result.severity) == (False, severity)
    assert result.metadata == failed[0].metadata


BREAKS_OF_A_SCOPE = [
    pytest.param(
        "conflict_chunks_cover_every_eligible_row",
        "DELETE FROM conflict.conflict_chunk WHERE cycle_id = 2",
        id="its chunk is missing",
    ),
    pytest.param(
        "conflictvisitmaps_rows_are_updated_or_marked",
        """UPDATE conflict.conflictvisitmaps SET "UpdateFlag" = NULL, "UpdatedDate" = NULL""",
        id="its rows were not touched",
    ),
]


@pytest.mark.parametrize(("name", "statement"), BREAKS_OF_A_SCOPE)
def test_a_cycle_of_what_has_changed_is_judged_by_its_scope(
    database: Postgres, session: Session, name: str, statement: str
) -> None:
    three_rows(session)
    planned = []
    for _ in range(2):
        session.conn.execute("""UPDATE conflict.conflictvisitmaps SET "StatusFlag" = 'R' WHERE "ID" = 2""")
        opened = open_or_resume(
            session, replace(SMALL, mode="incremental"), "run", new_cycle=False, max_age_hours=24
        )
        assert opened is not None
        do(database, *opened.plan.partition_keys)
        finish(session)
        planned.append(opened.plan.rows)
    assert planned == [3, 1]
    assert [outcome.check_name for outcome in evaluations(session) if not outcome.passed] == []

    session.conn.execute(statement.encode())

    assert name in [outcome.check_name for outcome in evaluations(session) if not outcome.passed]


def test_every_claim_is_broken_here_once() -> None:
    assert {str(case.values[0]) for case in BREAKS} == {check.name for check in CHECKS}


def test_an_outcome_gives_cycle_and_numbers_and_no_value(session: Session, finished: Cycle) -> None:
    session.conn.execute("UPDATE conflict.conflict_chunk SET to_date = to_date + 1 WHERE chunk_number = 1")

    (outcome, *_) = evaluations(session)

    assert {name: value.value for name, value in outcome.metadata.items()} == {
        "cycle": finished.cycle_key,
        "failing": 1,
    }
    assert not [ssn for ssn in SSNS if ssn in repr(outcome)]


def test_numbers_that_only_inform_break_no_claim(session: Session, finished: Cycle) -> None:
    check = Check("claim", "conflict_report", WARN, "No rows.", lambda *_: {"failing": 0, "rows": 5})

    assert evaluate(check, session, finished).passed
    assert not evaluate(replace(check, failing=("failing", "rows")), session, finished).passed


def test_a_check_before_any_plan_says_what_to_run(database: Postgres) -> None:
    with pytest.raises(dg.Failure, match="Nothing has been planned yet"):
        in_the_ui(CHECKS[0].name)
