from conflict_pipeline.postgres.session import Session


def test_only_pairs_whose_rows_were_marked_stay(scratch: Session) -> None:
    scratch.conn.execute("DROP TABLE IF EXISTS pg_temp.pair, pg_temp.marked_row")
    scratch.conn.execute("CREATE TEMPORARY TABLE pair AS SELECT generate_series(1, 4)::numeric AS row_id")
    scratch.conn.execute(
        "CREATE TEMPORARY TABLE marked_row AS SELECT unnest(ARRAY[2, 4, 5]::numeric[]) AS row_id"
    )

    scratch.execute("bench/delete_other_pairs")

    rows = scratch.conn.execute("SELECT row_id FROM pair ORDER BY row_id").fetchall()
    assert [int(row["row_id"]) for row in rows] == [2, 4]
