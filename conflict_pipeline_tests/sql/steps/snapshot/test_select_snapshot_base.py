import pytest

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import WINDOW, Row, insert
from conflict_pipeline_tests.sql.cycles.transactions import from_here

VALUES = {"tables": "these", "days": 30}
MAKE_OLD = "UPDATE conflict.conflict_snapshot SET taken_at = now() - interval '{}'"
MOVE_ON = """UPDATE conflict.conflict_snapshot
    SET transactions_from = (transactions_from::text::bigint + {})::text::xid8"""


@pytest.fixture
def taken(session: Session) -> Session:
    """After a snapshot of one row."""
    insert(session, "conflictvisitmaps_temp", ID=1)
    session.execute("steps/snapshot/upsert_snapshot", {**WINDOW, **VALUES})
    return session


def base(session: Session) -> Row | None:
    return session.row("steps/snapshot/select_snapshot_baseline", VALUES)


def test_before_the_first_snapshot_there_is_none(session: Session) -> None:
    assert base(session) is None


def test_it_has_window_and_transaction(session: Session) -> None:
    start = from_here(session)
    session.execute("steps/snapshot/upsert_snapshot", {**WINDOW, **VALUES})

    assert base(session) == {
        "baseline_window_start": WINDOW["window_start"],
        "baseline_window_end": WINDOW["window_end"],
        "transactions_from": start,
    }


@pytest.mark.parametrize(
    ("statement", "is_base"),
    [
        pytest.param("DELETE FROM conflict.conflictvisitmaps WHERE FALSE", True, id="nothing happened"),
        pytest.param(MAKE_OLD.format("29 days 23 hours"), True, id="taken some weeks ago"),
        pytest.param(MAKE_OLD.format("30 days"), False, id="taken too long ago"),
        pytest.param(MOVE_ON.format(1000), False, id="from another server"),
        pytest.param("UPDATE conflict.conflict_snapshot SET tables = 'others'", False, id="other tables"),
        pytest.param("UPDATE conflict.conflict_snapshot SET tables = NULL", False, id="tables not known"),
    ],
)
def test_it_is_the_base_unless_that_does_not_tell_what_to_bring_up_to_date(
    taken: Session, statement: str, is_base: bool
) -> None:
    taken.conn.execute(statement.encode())

    assert (base(taken) is not None) is is_base


def test_where_it_is_not_known_whether_the_tables_are_the_same_there_is_none(taken: Session) -> None:
    assert taken.row("steps/snapshot/select_snapshot_baseline", {**VALUES, "tables": None}) is None
