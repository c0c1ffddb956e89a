"""The statements of the ledger: states, attempts and counts of chunks and cycles."""

import time
from datetime import UTC, date, datetime, timedelta

import pytest
from psycopg.types.json import Jsonb

from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import SSN, WINDOW, Row, at, chunk, cycle, insert, read


@pytest.fixture
def planned(session: Session) -> list[Row]:
    opened = cycle(session)
    return [chunk(session, opened, number) for number in (1, 2)]


def claim(session: Session, of_chunk: Row) -> Row:
    return session.one("cycles/claim_chunk", {"partition_key": of_chunk["partition_key"]})


def test_a_chunk_is_claimed_by_one_session_at_a_time(
    database: Postgres, session: Session, planned: list[Row]
) -> None:
    first = claim(session, planned[0])

    with database.session("other") as other:
        second = claim(other, planned[0])

    assert (first["claimed"], second["claimed"]) == (True, False)
    assert first["chunk_id"] == second["chunk_id"] == planned[0]["chunk_id"]


def test_other_chunks_stay_free(database: Postgres, session: Session, planned: list[Row]) -> None:
    claim(session, planned[0])

    with database.session("other") as other:
        assert claim(other, planned[1])["claimed"] is True


def test_a_chunk_is_free_once_its_session_is_gone(
    database: Postgres, session: Session, planned: list[Row]
) -> None:
    with database.session("other") as other:
        claim(other, planned[0])

    # The server needs a moment to see that it has gone.
    deadline = time.monotonic() + 10
    while not claim(session, planned[0])["claimed"]:
        assert time.monotonic() < deadline


def test_there_is_no_row_for_an_unknown_key(scratch: Session) -> None:
    assert scratch.row("cycles/claim_chunk", {"partition_key": "unknown"}) is None


@pytest.mark.parametrize(("state", "attempts"), [("pending", 2), ("running", 1), ("failed", 2)])
def test_the_chunk_is_failed_says_why_and_in_which_run_and_counts_the_attempt_once(
    scratch: Session, state: str, attempts: int
) -> None:
    row = chunk(scratch, cycle(scratch), state=state, attempts=1)
    values = {"chunk_id": row["chunk_id"], "run_id": "run 2", "error": "DeadlockDetected"}

    scratch.execute("cycles/fail_chunk", values)

    (failed,) = read(scratch, "conflict_chunk")
    assert [failed[name] for name in ("state", "run_id", "error")] == ["failed", "run 2", "DeadlockDetected"]
    assert failed["finished_at"] is not None
    assert failed["attempts"] == attempts


@pytest.mark.parametrize("state", ["completed", "skipped"])
def test_a_chunk_that_has_ended_otherwise_stays_so(scratch: Session, state: str) -> None:
    row = chunk(scratch, cycle(scratch), state=state, error="superseded")

    scratch.execute("cycles/fail_chunk", {"chunk_id": row["chunk_id"], "run_id": "run", "error": "late"})

    assert read(scratch, "conflict_chunk") == [row]


def test_other_chunks_stay_as_they_are(scratch: Session) -> None:
    opened = cycle(scratch)
    row, other = (chunk(scratch, opened, number) for number in (1, 2))

    scratch.execute("cycles/fail_chunk", {"chunk_id": row["chunk_id"], "run_id": "run", "error": "why"})

    assert read(scratch, "conflict_chunk")[1] == other


def test_a_chunk_at_work_is_pending_again_and_says_why(scratch: Session) -> None:
    opened = cycle(scratch)
    row = chunk(scratch, opened, 1, state="running", attempts=1, run_id="run 1")
    other = chunk(scratch, opened, 2, state="running")

    scratch.execute("cycles/requeue_chunk", {"chunk_id": row["chunk_id"], "error": "DeadlockDetected"})

    pending, untouched = read(scratch, "conflict_chunk")
    assert (pending["state"], pending["error"]) == ("pending", "DeadlockDetected")
    assert (pending["attempts"], pending["run_id"]) == (1, "run 1")
    assert pending["finished_at"] is not None
    assert untouched == other


@pytest.mark.parametrize("state", ["pending", "failed"])
def test_an_attempt_that_did_not_come_as_far_as_its_mark_is_counted(scratch: Session, state: str) -> None:
    row = chunk(scratch, cycle(scratch), state=state, attempts=1)

    scratch.execute("cycles/requeue_chunk", {"chunk_id": row["chunk_id"], "error": "LockNotAvailable"})

    (pending,) = read(scratch, "conflict_chunk")
    assert (pending["state"], pending["error"], pending["attempts"]) == ("pending", "LockNotAvailable", 2)


@pytest.mark.parametrize("state", ["completed", "skipped"])
def test_a_chunk_that_has_ended_stays_as_it_is(scratch: Session, state: str) -> None:
    row = chunk(scratch, cycle(scratch), state=state)

    scratch.execute("cycles/requeue_chunk", {"chunk_id": row["chunk_id"], "error": "late"})

    assert read(scratch, "conflict_chunk") == [row]


def test_a_cycle_whose_chunks_are_all_completed_is_completed(scratch: Session) -> None:
    opened = cycle(scratch)
    for number in (1, 2):
        chunk(scratch, opened, number, state="completed")

    closed = scratch.one("cycles/close_cycle", opened)

    (row,) = read(scratch, "conflict_cycle")
    assert closed == {"cycle_key": opened["cycle_key"]}
    assert row["state"] == "completed"
    assert row["closed_at"] >= row["opened_at"]


def test_a_cycle_without_chunks_is_completed(scratch: Session) -> None:
    assert scratch.row("cycles/close_cycle", cycle(scratch)) is not None


@pytest.mark.parametrize("state", ["pending", "running", "failed", "skipped"])
def test_a_cycle_with_a_chunk_to_do_stays_open(scratch: Session, state: str) -> None:
    opened = cycle(scratch)
    chunk(scratch, opened, 1, state="completed")
    chunk(scratch, opened, 2, state=state)

    assert scratch.row("cycles/close_cycle", opened) is None
    assert read(scratch, "conflict_cycle")[0]["state"] == "open"


@pytest.mark.parametrize("state", ["superseded", "completed"])
def test_a_cycle_that_has_ended_stays_as_it_is(scratch: Session, state: str) -> None:
    ended = cycle(scratch, state=state)

    assert scratch.row("cycles/close_cycle", ended) is None
    assert read(scratch, "conflict_cycle") == [ended]


def test_chunks_of_other_cycles_do_not_count(scratch: Session) -> None:
    chunk(scratch, cycle(scratch, cycle_key="c20260301t000000", state="superseded"), state="skipped")

    assert scratch.row("cycles/close_cycle", cycle(scratch)) is not None


def test_the_chunks_of_the_cycle_come_in_their_order(scratch: Session) -> None:
    opened = cycle(scratch)
    for number in (10, 2, 1):
        chunk(scratch, opened, number, planned=number)
    chunk(scratch, cycle(scratch, cycle_key="c20260301t000000", state="completed"))

    rows = scratch.rows("cycles/select_chunks", opened)

    assert [row["planned"] for row in rows] == [1, 2, 10]


def test_no_boundary_is_shown(scratch: Session) -> None:
    opened = cycle(scratch)
    chunk(scratch, opened, from_ssn=SSN, to_ssn="900000002")

    (row,) = scratch.rows("cycles/select_chunks", opened)

    assert not {"from_ssn", "to_ssn", "from_date", "to_date"} & row.keys()
    assert SSN not in str(row)


def test_seconds_are_those_of_the_attempt(scratch: Session) -> None:
    opened = cycle(scratch)
    chunk(scratch, opened, 1, started_at="2026-03-02 09:00", finished_at="2026-03-02 09:00:01.5")
    chunk(scratch, opened, 2, started_at="2026-03-02 09:00")

    assert [row["seconds"] for row in scratch.rows("cycles/select_chunks", opened)] == [1.5, None]


# The ledger's state of a chunk that no session holds, and its status.
STATES = {
    "pending": "pending",
    "running": "stuck",
    "completed": "completed",
    "failed": "failed",
    "skipped": "skipped",
}


def counted(rows: int, **rules: int) -> Jsonb:
    return Jsonb({"redetect": {"rows": rows, "redetected_by_rule": rules}, "other": {"found": 1}})


def test_there_is_no_row_before_any_plan(scratch: Session) -> None:
    cycle(scratch, state="preparing", planned_at=None)

    assert scratch.row("cycles/select_newest_cycle") is None


def test_the_newest_cycle_comes_with_the_sums_of_its_chunks(scratch: Session) -> None:
    older = cycle(scratch, cycle_key="c20260301t000000", state="superseded")
    chunk(scratch, older, state="completed", counts=counted(100))
    newest = cycle(scratch)
    for number, state in enumerate((*STATES, "completed"), start=1):
        counts = counted(number, DistanceFlag=number, SameSchTimeFlag=5_000_000_000)
        chunk(scratch, newest, number, state=state, planned=number, counts=counts)

    row = scratch.one("cycles/select_newest_cycle")

    assert row.items() >= {"cycle_key": newest["cycle_key"], "state": "open", **WINDOW}.items()
    assert [row[status] for status in ("chunks", "running", *STATES.values())] == [6, 0, 1, 1, 2, 1, 1]
    assert (row["planned"], row["planned_of_completed"]) == (21, 3 + 6)
    # Those of completed chunks alone: an attempt that failed has written nothing.
    assert row["counts"] == {
        "redetect": {
            "rows": 9,
            "redetected_by_rule": {"DistanceFlag": 9, "SameSchTimeFlag": 10_000_000_000},
        },
        "other": {"found": 2},
    }


def test_counts_of_completed_cycle_steps_stand_beside_those_of_chunks(scratch: Session) -> None:
    opened = cycle(scratch)
    chunk(scratch, opened, state="completed", counts=Jsonb({"redetect": {"rows": 1}}))
    for step, state in (("snapshot", "completed"), ("groups", "failed")):
        values = {"cycle_id": opened["cycle_id"], "step": step, "state": state}
        insert(scratch, "conflict_step", **values, counts=Jsonb({"copied": 7}))

    row = scratch.one("cycles/select_newest_cycle")

    assert row["counts"] == {"redetect": {"rows": 1}, "snapshot": {"copied": 7}}


def test_a_cycle_without_chunks_has_sums_of_zero(scratch: Session) -> None:
    cycle(scratch)

    row = scratch.one("cycles/select_newest_cycle")

    assert [row[name] for name in ("chunks", "pending", "planned")] == [0] * 3
    assert row["counts"] == {}


def test_its_seconds_end_when_it_is_closed_and_its_age_does_not(scratch: Session) -> None:
    opened_at = datetime.now(UTC) - timedelta(hours=30)
    closed_at = opened_at + timedelta(minutes=1)
    cycle(scratch, state="completed", opened_at=opened_at, closed_at=closed_at)

    row = scratch.one("cycles/select_newest_cycle")

    assert row["seconds"] == 60
    assert 30 * 3600 <= row["age_seconds"] < 31 * 3600


def test_the_last_cycles_come_newest_first(scratch: Session) -> None:
    for state, number in (("completed", 1), ("superseded", 2), ("open", 3)):
        cycle(scratch, cycle_key=f"c{number}", state=state)

    found = scratch.rows("cycles/select_last_cycles", {"cycles": 2})

    assert [(row["cycle_key"], row["state"]) for row in found] == [("c3", "open"), ("c2", "superseded")]


def test_figures_are_those_of_the_chunks(scratch: Session) -> None:
    opened = cycle(scratch, opened_at="2026-03-02 09:00", closed_at="2026-03-02 09:01", state="completed")
    for number, second in ((1, 0), (2, 5)):
        times = {
            "started_at": f"2026-03-02 09:00:0{second}",
            "finished_at": f"2026-03-02 09:00:{second + 5:02}",
        }
        chunk(scratch, opened, number, state="completed", planned=100, attempts=number, **times)

    (found,) = scratch.rows("cycles/select_last_cycles", {"cycles": 5})

    assert [found[name] for name in ("chunks", "completed", "planned")] == [2, 2, 200]
    assert (found["seconds"], found["rows_per_second"], found["repeated_attempts"]) == (60, 20, 1)


def test_without_chunks_there_is_no_rate(scratch: Session) -> None:
    cycle(scratch)

    (found,) = scratch.rows("cycles/select_last_cycles", {"cycles": 5})

    assert (found["rows_per_second"], found["repeated_attempts"], found["planned"]) == (None, 0, 0)


@pytest.mark.parametrize(
    ("keep", "old"), [(1, {"a_0001", "a_0002", "b_0001"}), (2, {"a_0001", "a_0002"}), (3, set()), (9, set())]
)
def test_the_keys_of_all_cycles_but_the_newest_are_old(scratch: Session, keep: int, old: set[str]) -> None:
    for key, state, chunks in (("a", "superseded", 2), ("b", "completed", 1), ("c", "open", 1)):
        made = cycle(scratch, cycle_key=key, state=state)
        for number in range(1, chunks + 1):
            chunk(scratch, made, number)

    rows = scratch.rows("cycles/select_old_partition_keys", {"keep_cycles": keep})

    assert {row["partition_key"] for row in rows} == old


STATES_SKIP_CHUNKS = ("pending", "running", "completed", "failed", "skipped")
REASON = "superseded by a newer plan"


def test_all_but_completed_chunks_of_the_cycle_are_skipped_and_say_why(scratch: Session) -> None:
    opened = cycle(scratch)
    for number, state in enumerate(STATES_SKIP_CHUNKS, start=1):
        chunk(scratch, opened, number, state=state)

    scratch.execute("cycles/skip_chunks", {**opened, "reason": REASON})

    rows = read(scratch, "conflict_chunk")
    assert [row["state"] for row in rows] == ["skipped", "skipped", "completed", "skipped", "skipped"]
    assert [row["error"] for row in rows if row["state"] == "skipped"] == [REASON] * 4
    assert rows[2]["error"] is None


def test_chunks_of_other_cycles_stay(scratch: Session) -> None:
    row = chunk(scratch, cycle(scratch, cycle_key="c20260301t000000", state="completed"))

    scratch.execute("cycles/skip_chunks", {**cycle(scratch), "reason": REASON})

    assert read(scratch, "conflict_chunk") == [row]


def load(session: Session, module: str | None, status: str | None, finished_at: datetime | None) -> None:
    columns = {"MODULE": module, "STATUS": status, "REFRESH_FINISHED_AT": finished_at}
    insert(session, "factdatarefreshstatus", **columns)


def test_every_successful_load_of_the_report_is_due_until_a_cycle_includes_it(scratch: Session) -> None:
    for finished_at in (at("01:30"), at("02:30"), at("01:30"), None):
        load(scratch, "Conflict Report", "success", finished_at)

    before = scratch.one("cycles/select_due_loads")
    cycle_id = cycle(scratch)["cycle_id"]
    for _ in range(2):
        scratch.execute("cycles/insert_upstream_loads", {"cycle_id": cycle_id})

    assert before == {"loads": 3, "newest": "2026-03-02 02:30:00", "loads_ever": 3}
    assert scratch.one("cycles/select_due_loads") == {"loads": 0, "newest": None, "loads_ever": 3}
    included = read(scratch, "conflict_upstream_load")
    assert [(row["finished_at"], row["number"]) for row in included] == [
        (at("01:30"), 1),
        (at("01:30"), 2),
        (at("02:30"), 1),
    ]


@pytest.mark.parametrize(
    ("module", "status"),
    [
        ("Conflict Report", "failed"),
        ("Conflict Report", None),
        ("Other", "success"),
        (None, "success"),
        ("conflict report", "success"),
    ],
)
def test_other_loads_do_not_count(scratch: Session, module: str | None, status: str | None) -> None:
    load(scratch, module, status, at("02:30"))

    assert scratch.one("cycles/select_due_loads")["loads"] == 0


def window(session: Session, years: int, days: int) -> Row:
    return session.one("cycles/select_window", {"lookback_years": years, "lookahead_days": days})


def today(session: Session) -> date:
    row = session.conn.execute("SELECT current_date AS today").fetchone()
    assert row is not None
    return row["today"]  # type: ignore[no-any-return]


def test_the_window_is_counted_from_today(scratch: Session) -> None:
    now = today(scratch)

    found = window(scratch, 2, 45)

    assert found["window_end"] == now + timedelta(days=45)
    assert found["window_start"].year == now.year - 2
    assert found["window_start"].month == now.month


def test_a_window_of_nothing_is_today(scratch: Session) -> None:
    now = today(scratch)

    assert window(scratch, 0, 0) == {"window_start": now, "window_end": now}


@pytest.mark.parametrize("name", ["window_start", "window_end"])
def test_today_is_the_report_time_zones(scratch: Session, name: str) -> None:
    days = []
    # Between these two zones lie 26 hours: at any moment it is another day in each.
    for zone in ("Etc/GMT+12", "Etc/GMT-14"):
        scratch.conn.execute("SELECT set_config('TimeZone', %s, false)", [zone])
        days.append(window(scratch, 0, 0)[name])

    assert days[0] < days[1]
