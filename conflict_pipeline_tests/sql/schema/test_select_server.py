from conflict_pipeline.postgres.session import Session


def test_the_server_says_who_and_where_it_is(scratch: Session) -> None:
    row = scratch.one("schema/select_server")

    info = scratch.conn.info
    assert (row["database"], row["user_name"], row["time_zone"]) == (info.dbname, info.user, "UTC")
    assert row["version"].split(".")[0] == str(info.server_version // 10000)
    assert isinstance(row["tls"], bool)
