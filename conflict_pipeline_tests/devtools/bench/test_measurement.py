from conflict_pipeline.devtools.bench.measurement import Usage


def test_more_of_the_same_work_takes_more_of_everything_but_memory() -> None:
    usage = Usage(2.0, 1.0, wal_bytes=100, temp_bytes=10, client_bytes=7, server_bytes=8)

    assert usage.times(3.4) == Usage(6.8, 3.4, wal_bytes=340, temp_bytes=34, client_bytes=7, server_bytes=8)
