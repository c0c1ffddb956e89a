import pytest
from psycopg import sql

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import insert

OFFICES = "dimoffice"


@pytest.mark.parametrize("number", [0, 1, 3])
def test_whether_there_is_any_row(scratch: Session, number: int) -> None:
    for office in range(number):
        insert(scratch, OFFICES, **{"Office Id": f"o{office}"})

    target = sql.Identifier(scratch.schema_names["analytics"], OFFICES)

    assert scratch.one("loads/select_has_rows", target=target) == {"has_rows": number > 0}
