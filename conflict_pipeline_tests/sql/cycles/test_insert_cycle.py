from typing import Any

import psycopg
import pytest

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import WINDOW, at, change, pair, read

LOAD = at("01:30")
VALUES: dict[str, Any] = {
    **WINDOW,
    "settings": '{"target_chunk_size": 5}',
    "scope": "changed",
    "scope_reason": "what has changed",
    "inputs": '{"time_zone": "UTC"}',
    "upstream_finished_at": LOAD,
    "run_id": "run",
}


def insert_cycle(session: Session) -> str:
    change(session, "conflict_cycle", state="superseded")
    return str(session.one("cycles/insert_cycle", VALUES)["cycle_key"])


def test_a_new_cycle_is_open_and_knows_what_it_was_made_of(scratch: Session) -> None:
    made = scratch.one("cycles/insert_cycle", VALUES)

    (row,) = read(scratch, "conflict_cycle")
    assert (row["cycle_id"], row["cycle_key"]) == (made["cycle_id"], made["cycle_key"])
    assert (row["state"], row["run_id"], row["closed_at"]) == ("open", "run", None)
    assert {name: row[name] for name in WINDOW} == WINDOW
    assert row["settings"] == {"target_chunk_size": 5}
    assert (row["scope"], row["scope_reason"]) == ("changed", "what has changed")
    assert row["inputs"] == {"time_zone": "UTC"}
    assert row["upstream_finished_at"] == LOAD


def test_its_key_is_its_start_in_utc_whatever_the_report_time_zone(scratch: Session) -> None:
    scratch.conn.execute("SELECT set_config('TimeZone', 'Asia/Tokyo', false)")

    key = insert_cycle(scratch)

    clock = scratch.conn.execute(
        'SELECT to_timestamp(%s, \'"c"YYYYMMDD"t"HH24MISS\')::timestamp'
        " - (clock_timestamp() AT TIME ZONE 'UTC') AS off",
        [key],
    ).fetchone()
    assert clock is not None
    assert abs(clock["off"].total_seconds()) < 60


def test_keys_of_one_second_differ_and_sort_by_age(scratch: Session) -> None:
    keys = [insert_cycle(scratch) for _ in range(5)]

    assert keys == sorted(set(keys))
    assert all(len(key) == len("c20260302t010203") for key in keys)


def test_a_key_is_moved_on_over_the_end_of_a_year(scratch: Session) -> None:
    insert_cycle(scratch)
    change(scratch, "conflict_cycle", cycle_key="c20991231t235959")

    assert insert_cycle(scratch) == "c21000101t000000"


def test_a_second_open_cycle_is_refused(scratch: Session) -> None:
    scratch.one("cycles/insert_cycle", VALUES)

    with pytest.raises(psycopg.errors.UniqueViolation), scratch.transaction():
        scratch.one("cycles/insert_cycle", VALUES)


def test_it_remembers_the_last_row_that_was_there(scratch: Session) -> None:
    pair(scratch, 41)
    pair(scratch, 9)

    insert_cycle(scratch)

    assert read(scratch, "conflict_cycle")[0]["last_row_id"] == 41
