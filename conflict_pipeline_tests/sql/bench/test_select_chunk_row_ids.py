from conflict_pipeline.postgres.session import Session


def test_it_names_the_rows_in_their_order(scratch: Session) -> None:
    scratch.conn.execute("DROP TABLE IF EXISTS pg_temp.chunk_row")
    scratch.execute("cycles/create_chunk_row")
    scratch.conn.execute("INSERT INTO chunk_row VALUES (3, 'v1', 'v2'), (1, 'v2', 'v1')")

    assert [int(row["row_id"]) for row in scratch.rows("bench/select_chunk_row_ids")] == [1, 3]
