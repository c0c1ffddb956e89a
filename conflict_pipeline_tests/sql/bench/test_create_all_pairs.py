from datetime import timedelta

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import DAY, WINDOW, Row, insert, pair, small_world, visit


def all_pairs(session: Session) -> set[int]:
    """IDs of the rows whose visits meet, after every visit of the window was enriched."""
    session.conn.execute("DROP TABLE IF EXISTS pg_temp.pair, pg_temp.visit, pg_temp.chunk_row")
    with session.transaction():
        session.execute("bench/create_window_visits", WINDOW)
        session.execute("steps/redetect/create_visits", WINDOW)
        session.conn.execute("DROP TABLE chunk_row")
        session.execute("bench/create_all_pairs", WINDOW)
        rows = session.conn.execute("SELECT * FROM chunk_row").fetchall()
    return {int(row["row_id"]) for row in rows}


def test_visits_meet_on_one_date_with_one_ssn_for_different_providers(scratch: Session) -> None:
    small_world(scratch)
    insert(scratch, "dimcaregiver", **{"Caregiver Id": "c2", "SSN": "900000002"})
    visit(scratch, "v1")
    visit(scratch, "v2")
    others: dict[str, Row] = {
        "next day": {"Provider Id": "p2", "Visit Date": DAY + timedelta(days=1)},
        "other ssn": {"Provider Id": "p2", "Caregiver Id": "c2"},
        "same provider": {"Provider Id": "p1"},
    }
    for name, other in others.items():
        visit(scratch, name, other)
    for number, second in enumerate(("v2", "next day", "other ssn", "same provider", "unknown"), start=1):
        pair(scratch, number, ConVisitID=second)

    assert all_pairs(scratch) == {1}


def test_only_eligible_rows_are_taken(scratch: Session) -> None:
    small_world(scratch)
    visit(scratch, "v1")
    visit(scratch, "v2")
    pair(scratch, 1)
    pair(scratch, 2, VisitID="v2", ConVisitID="v1")
    pair(scratch, 3, CONFLICTID=None)
    pair(scratch, 4, VisitDate=WINDOW["window_start"] - timedelta(days=1))

    assert all_pairs(scratch) == {1, 2}
