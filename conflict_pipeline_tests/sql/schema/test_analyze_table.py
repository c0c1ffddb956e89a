import pytest

from conflict_pipeline.postgres.session import Session


@pytest.mark.parametrize("name", ["filled", "Filled; or not"])
def test_the_table_has_statistics_then(scratch: Session, name: str) -> None:
    scratch.conn.execute(f'CREATE TABLE conflict."{name}" ()')

    scratch.execute("schema/analyze_table", {"table": f'"conflict"."{name}"'})

    row = scratch.conn.execute("SELECT reltuples FROM pg_class WHERE relname = %s", [name]).fetchone()
    assert row == {"reltuples": 0}
