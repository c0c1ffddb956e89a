"""The checks of step redetect: what each one counts."""

from datetime import timedelta
from typing import Any

import pytest
from psycopg import sql
from psycopg.types.json import Jsonb

from conflict_pipeline.cycles import checks, ledger
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import WINDOW, band, chunk, cycle, insert, pair
from conflict_pipeline_tests.small_cycles import finished_cycle
from conflict_pipeline_tests.steps.redetect_statements import planned

SOUND = {"gaps": 0, "overlaps": 0, "unusable": 0}


@pytest.mark.parametrize(
    ("bands", "flaws"),
    [
        pytest.param([(0, 10, 20), (10, 50, 30)], {}, id="meeting bands"),
        pytest.param([(0, 10, 20), (11, 50, 30)], {"gaps": 1}, id="a gap of a mile"),
        pytest.param([(1, 10, 20)], {"gaps": 1}, id="a gap before the first"),
        pytest.param([(0, 10, 20), (9, 50, 30)], {"overlaps": 1}, id="an overlap"),
        pytest.param([(0, 50, 20), (10, 20, 30), (50, 60, 30)], {"overlaps": 1}, id="one inside another"),
        pytest.param([(0, 50, 20), (10, 20, 30), (30, 60, 30)], {"overlaps": 2}, id="over an earlier one"),
        pytest.param([(0, 10, 0)], {"unusable": 1}, id="no speed"),
        pytest.param([(0, 10, None)], {"unusable": 1}, id="unknown speed"),
        pytest.param([(0, 10, 20), (10, 9, 20)], {"unusable": 1}, id="ends before it begins"),
        pytest.param([(0, None, 20)], {"unusable": 1}, id="no end"),
        pytest.param([], {}, id="no band"),
    ],
)
def test_gaps_overlaps_and_bands_without_use_are_counted(
    scratch: Session, bands: list[Any], flaws: dict[str, int]
) -> None:
    for number, figures in reversed(list(enumerate(bands))):
        band(scratch, number, *figures)

    counts = scratch.one("steps/redetect/check_speed_bands_are_contiguous", planned(scratch))

    assert counts == {**SOUND, **flaws, "bands": len(bands)}


NOT_ELIGIBLE = pytest.mark.parametrize(
    "columns", [{"CONFLICTID": None}, {"VisitDate": WINDOW["window_end"] + timedelta(days=1)}]
)


def orphans(session: Session) -> int:
    return int(
        session.one("steps/redetect/check_rows_have_a_parent", WINDOW, is_looked_at=sql.SQL("TRUE"))[
            "failing"
        ]
    )


def test_eligible_rows_without_their_parent_are_counted(scratch: Session) -> None:
    insert(scratch, "conflicts", CONFLICTID=7)
    pair(scratch, 1, CONFLICTID=7)
    pair(scratch, 2, CONFLICTID=8)
    pair(scratch, 3, CONFLICTID=8)

    assert orphans(scratch) == 2


@NOT_ELIGIBLE
def test_rows_that_are_not_eligible_need_no_parent(scratch: Session, columns: dict[str, Any]) -> None:
    pair(scratch, **columns)

    assert orphans(scratch) == 0


COUNTS = {"rows": 7, "redetected": 3, "not_redetected": 2, "guarded": 1, "changed_meanwhile": 1}


@pytest.mark.parametrize(
    ("state", "planned", "counts", "wrong_sums", "wrong_plans"),
    [
        pytest.param("completed", 7, {}, 0, 0, id="good"),
        pytest.param("completed", 7, {"redetected": 4}, 1, 0, id="a row too many"),
        pytest.param("completed", 7, {"not_redetected": -1, "redetected": 6}, 1, 0, id="below zero"),
        pytest.param("completed", 6, {}, 0, 1, id="a row has come"),
        pytest.param("completed", 7, {"rows": 8, "guarded": 2}, 0, 1, id="another row has come"),
        pytest.param("failed", 6, {"redetected": 4}, 0, 0, id="not completed"),
    ],
)
def test_completed_chunks_with_wrong_counts_are_counted(
    scratch: Session, state: str, planned: int, counts: dict[str, int], wrong_sums: int, wrong_plans: int
) -> None:
    opened = cycle(scratch)
    found = Jsonb({"redetect": {**COUNTS, **counts}})
    chunk(scratch, opened, 1, state=state, planned=planned, counts=found)

    assert scratch.one("steps/redetect/check_counts_add_up", opened) == {"failing": wrong_sums}
    assert scratch.one("steps/redetect/check_rows_were_planned", opened) == {"failing": wrong_plans}


def marks_match(session: Session) -> bool:
    """Whether the check of the newest cycle passes."""
    (check,) = [one for one in checks.step_checks() if one.check.name == "marks_match_counts"]
    return checks.evaluate(session, ledger.require_cycle(session), check).passed


@pytest.mark.parametrize(
    "statement",
    [
        'UPDATE conflict.conflictvisitmaps SET "CONFLICTID" = 7 WHERE "CONFLICTID" IS NULL',
        'UPDATE conflict.conflictvisitmaps SET "UpdatedDate" = now()',
        'UPDATE conflict.conflictvisitmaps SET "UpdateFlag" = NULL',
        'UPDATE conflict.conflictvisitmaps SET "UpdateFlag" = 1',
        'UPDATE conflict.conflictvisitmaps SET "CONFLICTID" = NULL',
        "DELETE FROM conflict.conflictvisitmaps",
    ],
)
def test_what_others_write_after_the_chunks_raises_no_alarm(
    database: Postgres, session: Session, statement: str
) -> None:
    pair(session, 9, CONFLICTID=None, UpdateFlag=1)
    finished_cycle(database, session)

    session.conn.execute(statement.encode())

    assert marks_match(session)


@pytest.mark.parametrize("flag", ["0", "NULL"])
def test_a_trigger_that_takes_the_marks_away_does(database: Postgres, session: Session, flag: str) -> None:
    session.conn.execute(
        f"""CREATE FUNCTION conflict.unmark() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN NEW."UpdateFlag" = {flag}; RETURN NEW; END $$;
        CREATE TRIGGER unmark BEFORE UPDATE ON conflict.conflictvisitmaps
        FOR EACH ROW EXECUTE FUNCTION conflict.unmark()""".encode()
    )

    finished_cycle(database, session)

    assert not marks_match(session)
