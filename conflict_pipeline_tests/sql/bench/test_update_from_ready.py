from psycopg import sql

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import pair, read


def test_the_rows_that_stand_ready_are_updated_and_no_others(scratch: Session) -> None:
    untouched, _ = pair(scratch, 1), pair(scratch, 2)
    scratch.execute("bench/create_ready", columns=sql.SQL('"ID", "StatusFlag", "PName"'))
    scratch.conn.execute("INSERT INTO conflict.bench_ready VALUES (2, 'U', 'new'), (3, 'U', 'new')")
    assignments = sql.SQL('"StatusFlag" = ready."StatusFlag", "PName" = ready."PName"')

    count = scratch.execute("bench/update_from_ready", assignments=assignments).rowcount

    first, second = read(scratch, "conflictvisitmaps")
    assert count == 1
    assert first == untouched
    assert (second["StatusFlag"], second["PName"]) == ("U", "new")
