from psycopg import sql

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import Row, change, clear, pair

SOME = sql.SQL('"ID", "SSN", "StatusFlag"')


def outcome(session: Session, ids: list[int] | None = None) -> Row:
    return session.one("bench/select_outcome", {"ids": ids}, columns=SOME)


def test_the_order_of_the_rows_does_not_count(scratch: Session) -> None:
    found = []
    for numbers in ((1, 2, 3), (3, 1, 2)):
        clear(scratch, "conflictvisitmaps")
        for number in numbers:
            pair(scratch, number)
        found.append(outcome(scratch))

    assert found[0] == found[1]
    assert found[0]["rows"] == 3


def test_every_value_of_the_columns_counts_and_no_other(scratch: Session) -> None:
    pair(scratch)
    before = outcome(scratch)

    change(scratch, "conflictvisitmaps", UpdateFlag=1)
    assert outcome(scratch) == before

    change(scratch, "conflictvisitmaps", StatusFlag=None)
    null = outcome(scratch)
    change(scratch, "conflictvisitmaps", StatusFlag="")
    assert len({before["checksum"], null["checksum"], outcome(scratch)["checksum"]}) == 3


def test_told_which_rows_count_no_other_does(scratch: Session) -> None:
    pair(scratch, 1)
    alone = outcome(scratch)
    pair(scratch, 2)

    assert outcome(scratch, [1]) == alone
    assert outcome(scratch, [1, 2]) == outcome(scratch)
    assert outcome(scratch, [])["rows"] == 0


def test_no_row_has_a_checksum_too(scratch: Session) -> None:
    assert outcome(scratch) == {"rows": 0, "checksum": "0"}
