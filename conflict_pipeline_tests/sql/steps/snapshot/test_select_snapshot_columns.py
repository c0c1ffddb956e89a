from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.sql.steps.snapshot.test_insert_snapshot import SOURCES, VALUES


def same_columns(session: Session) -> set[str]:
    rows = session.rows("steps/snapshot/select_snapshot_columns", VALUES)
    assert len({row["column_name"] for row in rows}) == len(rows)
    return {row["column_name"] for row in rows}


def test_it_names_what_the_specification_takes_over_unchanged(scratch: Session) -> None:
    unchanged = {target for target, source in SOURCES.items() if source == f"CVM.{target}"}

    assert same_columns(scratch) == unchanged


def test_a_column_that_the_snapshot_lacks_is_left_out(scratch: Session) -> None:
    before = same_columns(scratch)
    scratch.conn.execute('ALTER TABLE conflict.conflictvisitmaps_temp DROP COLUMN "PName"')

    assert same_columns(scratch) == before - {"PName"}


def test_a_column_of_the_snapshots_own_is_left_out(scratch: Session) -> None:
    before = same_columns(scratch)
    scratch.conn.execute('ALTER TABLE conflict.conflictvisitmaps DROP COLUMN "PName"')

    assert same_columns(scratch) == before - {"PName"}
