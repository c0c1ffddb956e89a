"""The bare update and the plain update do the work of the chunks, in their own manner."""

from collections.abc import Callable
from datetime import timedelta

from psycopg import sql

from conflict_pipeline.cycles import ledger
from conflict_pipeline.cycles.chunk_runner import ChunkResult
from conflict_pipeline.devtools.bench import peers
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.one_chunk import key, process
from conflict_pipeline_tests.rows import DAY, WIDE, WINDOW, Row, insert, pair, read, small_world, visit
from conflict_pipeline_tests.steps.redetect_statements import planned

__all__ = ["key", "process"]  # fixtures

BEFORE, AFTER = WINDOW["window_start"] - timedelta(days=1), WINDOW["window_end"] + timedelta(days=1)


def test_only_rows_that_were_redetected_stand_ready(
    database: Postgres, session: Session, key: str, process: Callable[..., ChunkResult]
) -> None:
    process(key)

    peers.copy_ready(database, database, ledger.current_window(session, WIDE))

    rows = session.conn.execute("SELECT * FROM conflict.bench_ready").fetchall()
    first, _ = read(session, "conflictvisitmaps")
    assert rows == [{name: first[name] for name in rows[0]}]


def test_redetected_rows_are_eligible_and_have_no_update_flag(scratch: Session) -> None:
    pair(scratch, 1, UpdateFlag=None)
    pair(scratch, 2, UpdateFlag=1)
    pair(scratch, 3, UpdateFlag=None, CONFLICTID=None)
    pair(scratch, 4, UpdateFlag=None, VisitDate=WINDOW["window_start"])
    pair(scratch, 5, UpdateFlag=None, VisitDate=BEFORE)

    rows = scratch.rows("bench/select_redetected", WINDOW, columns=sql.SQL('"ID"'))

    assert sorted(int(row["ID"]) for row in rows) == [1, 4]


def test_the_bare_update_writes_the_ready_rows_and_no_others(scratch: Session) -> None:
    untouched, _ = pair(scratch, 1), pair(scratch, 2)
    scratch.execute("bench/create_ready", columns=sql.SQL('"ID", "StatusFlag", "PName"'))
    scratch.conn.execute("INSERT INTO conflict.bench_ready VALUES (2, 'U', 'new'), (3, 'U', 'new')")

    count = peers.update_from_ready(scratch, ["StatusFlag", "PName"])

    first, second = read(scratch, "conflictvisitmaps")
    assert (count, first) == (1, untouched)
    assert (second["StatusFlag"], second["PName"]) == ("U", "new")


def test_the_plain_update_enriches_every_visit_of_the_window(scratch: Session) -> None:
    days = {"v1": WINDOW["window_start"], "v2": WINDOW["window_end"], "v3": BEFORE, "v4": AFTER}
    for name, day in days.items():
        visit(scratch, name, {"Visit Date": day})

    scratch.conn.execute("DROP TABLE IF EXISTS pg_temp.chunk_row")
    scratch.execute("bench/create_window_visits", WINDOW)

    rows = scratch.conn.execute("SELECT * FROM chunk_row ORDER BY visit_id").fetchall()
    assert rows == [{"visit_id": name, "con_visit_id": None} for name in ("v1", "v2")]


def test_the_plain_update_pairs_visits_of_one_date_and_ssn_for_the_eligible_rows(scratch: Session) -> None:
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
    pair(scratch, 1)
    pair(scratch, 2, VisitID="v2", ConVisitID="v1")
    for number, second in enumerate((*others, "unknown"), start=3):
        pair(scratch, number, ConVisitID=second)
    pair(scratch, 7, CONFLICTID=None)
    pair(scratch, 8, VisitDate=BEFORE)

    scratch.conn.execute("DROP TABLE IF EXISTS pg_temp.pair, pg_temp.visit, pg_temp.chunk_row")
    scratch.execute("bench/create_window_visits", WINDOW)
    scratch.execute("steps/redetect/create_visits", planned(scratch))
    scratch.conn.execute("DROP TABLE chunk_row")
    scratch.execute("bench/create_all_pairs", WINDOW)

    rows = scratch.conn.execute("SELECT row_id FROM chunk_row").fetchall()
    assert {int(row["row_id"]) for row in rows} == {1, 2}
