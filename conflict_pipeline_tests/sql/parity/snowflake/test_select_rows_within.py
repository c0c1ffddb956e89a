from psycopg import sql

from conflict_pipeline.snowflake.session import SnowflakeSession
from conflict_pipeline_tests.sql.parity.hashes import HUGE
from conflict_pipeline_tests.sql.parity.snowflake.conftest import PARTS

TEXTS = sql.SQL('CAST("ID" AS VARCHAR) AS "ID_text", "Text" AS "Text_text"')


def within(session: SnowflakeSession, width: int, *starts: int) -> list[str]:
    values = {
        "width": width,
        "starts": list(starts),
        "lowest": min(starts),
        "highest": max(starts) + width - 1,
    }
    found = session.rows("parity/snowflake/select_rows_within", values, texts=TEXTS, **PARTS)
    assert [row["id_text"] for row in found] == [row["text_text"] for row in found]
    return [row["id_text"] for row in found]


def test_rows_are_in_the_order_of_their_ids_and_not_of_their_texts(rows: SnowflakeSession) -> None:
    assert within(rows, 100, HUGE, 0) == ["0", "9", "10", "99", str(HUGE)]


def test_a_row_at_the_border_is_in_one_range(rows: SnowflakeSession) -> None:
    assert within(rows, 100, -100) == ["-100", "-1"]
    assert within(rows, 100, 100) == ["100"]
