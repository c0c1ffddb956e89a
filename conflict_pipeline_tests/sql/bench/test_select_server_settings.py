from conflict_pipeline.postgres.session import Session


def test_settings_have_their_units_and_unknown_ones_are_left_out(scratch: Session) -> None:
    scratch.conn.execute("SET LOCAL work_mem = '5MB'")

    rows = scratch.rows("bench/select_server_settings", {"names": ["work_mem", "no_such_setting", "jit"]})

    assert [row["name"] for row in rows] == ["jit", "work_mem"]
    assert rows[1]["value"] == "5MB"
