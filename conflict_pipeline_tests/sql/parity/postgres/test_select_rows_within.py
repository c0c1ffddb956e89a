from psycopg import sql

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.sql.parity.hashes import HUGE

TEXTS = sql.SQL('"ID"::text AS "ID_text", "VisitID" AS "VisitID_text"')


def within(session: Session, width: int, *starts: int) -> list[str]:
    values = {"width": width, "starts": list(starts)}
    found = session.rows("parity/postgres/select_rows_within", values, texts=TEXTS)
    assert [row["ID_text"] for row in found] == [row["VisitID_text"] for row in found]
    return [row["ID_text"] for row in found]


def test_rows_are_in_the_order_of_their_ids_and_not_of_their_texts(rows: Session) -> None:
    assert within(rows, 100, HUGE, 0) == ["0", "9", "10", "99", str(HUGE)]


def test_a_row_at_the_border_is_in_one_range(rows: Session) -> None:
    assert within(rows, 100, -100) == ["-100", "-1"]
    assert within(rows, 100, 100) == ["100"]
