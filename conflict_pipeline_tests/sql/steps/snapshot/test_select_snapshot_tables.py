import pytest

from conflict_pipeline.postgres.session import Session

DISABLE = "ALTER TABLE conflict.{} {} TRIGGER conflict_note_deleted_key"


def tables(session: Session) -> str | None:
    found: str | None = session.one("steps/snapshot/select_snapshot_tables", {"conflict_schema": "conflict"})[
        "tables"
    ]
    return found


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM conflict.conflictvisitmaps_temp",
        "VACUUM conflict.conflicts",
        "CREATE TABLE public.conflicts (x int)",
        "CREATE INDEX ON conflict.conflicts ((1))",
        DISABLE.format("conflicts", "ENABLE ALWAYS"),
    ],
)
def test_they_are_the_same_as_long_as_only_rows_are_written(session: Session, statement: str) -> None:
    before = tables(session)

    session.conn.execute(statement.encode())

    assert before is not None
    assert tables(session) == before


@pytest.mark.parametrize("table", ["conflictvisitmaps_temp", "conflictvisitmaps", "conflicts"])
@pytest.mark.parametrize(
    "statement", ["TRUNCATE {}", "VACUUM FULL {}", "ALTER TABLE {} ADD new text DEFAULT 'x'"]
)
def test_one_that_was_emptied_rewritten_or_altered_is_another(
    session: Session, table: str, statement: str
) -> None:
    before = tables(session)

    session.conn.execute(statement.format(f"conflict.{table}").encode())

    assert tables(session) not in (before, None)


@pytest.mark.parametrize(
    "statement",
    [
        DISABLE.format("conflicts", "DISABLE"),
        DISABLE.format("conflictvisitmaps", "ENABLE REPLICA"),
        "DROP TRIGGER conflict_note_deleted_key ON conflict.conflicts",
        "DROP TABLE conflict.conflicts",
    ],
)
def test_where_deleted_rows_are_not_noted_that_is_not_known(session: Session, statement: str) -> None:
    session.conn.execute(statement.encode())

    assert tables(session) is None
