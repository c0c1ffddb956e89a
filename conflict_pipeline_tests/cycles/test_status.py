"""What `conflict-pipeline status` shows of the newest cycle, as text and as JSON."""

import json
import re
from collections.abc import Mapping, Sequence
from io import StringIO
from typing import Any

import pytest
from psycopg.types.json import Jsonb
from rich.console import Console

from conflict_pipeline.cycles import ledger, locks
from conflict_pipeline.cycles.status import HEALTHY, NEEDS_ACTION, NO_CYCLE, as_json, read_status
from conflict_pipeline.cycles.status_text import _blocks, render
from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import SSN, Row, change, chunk, cycle, insert

ALL_STATES = ("completed", "pending", "failed", "running", "skipped")
OPENED = "2026-03-02 01:02:03.4+00"
REDETECT = {
    "rows": 113_000,
    "redetected": 5_000,
    "not_redetected": 107_988,
    "guarded": 12,
    "bad_gps": 3,
    "written": 1_234,
    "redetected_by_rule": {"DistanceFlag": 2_000, "SameSchTimeFlag": 3_000, "SameVisitTimeFlag": 0},
}


def add_cycle(session: Session, chunks: Sequence[str] = (), state: str = "open", **columns: Any) -> Row:
    """Insert a planned cycle with chunks in these states, whose boundaries are SSNs."""
    added = cycle(session, state=state, **{"opened_at": OPENED, **columns})
    for number, chunk_state in enumerate(chunks, start=1):
        chunk(session, added, number, state=chunk_state, from_ssn=SSN, planned=10)
    return added


def add_step(session: Session, added: Row, step: str, state: str = "completed", **columns: Any) -> None:
    insert(session, "conflict_step", cycle_id=added["cycle_id"], step=step, state=state, **columns)


def shown(session: Session, *, all_chunks: bool = False, width: int = 80) -> str:
    console = Console(file=StringIO(), width=width)
    console.print(render(read_status(session, all_chunks=all_chunks)))
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def printed_json(session: Session, *, all_chunks: bool = False) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json.dumps(as_json(read_status(session, all_chunks=all_chunks))))
    return found


def lines_about(text: str, first_words: Sequence[str]) -> list[list[str]]:
    """The words of the lines that begin with one of these."""
    lines = [line.split() for line in text.splitlines()]
    return [words for words in lines if words and words[0] in first_words]


def test_before_the_first_plan_text_and_json_agree(scratch: Session) -> None:
    assert shown(scratch) == f"{ledger.NOTHING_PLANNED}\n"
    assert printed_json(scratch) == {"cycle": None, "steps": [], "chunks": [], "last_cycles": []}
    assert read_status(scratch, all_chunks=False).exit_code == NO_CYCLE


@pytest.mark.parametrize(
    ("state", "chunks", "steps", "exit_code", "advice"),
    [
        ("open", ["pending", "completed"], {}, HEALTHY, None),
        ("open", ["completed"], {}, HEALTHY, "which closes the cycle"),
        ("open", [], {}, HEALTHY, "which closes the cycle"),
        ("completed", ["completed"], {}, HEALTHY, None),
        ("preparing", [], {"reminders": "completed"}, HEALTHY, None),
        ("open", ["failed", "pending"], {}, NEEDS_ACTION, "then run conflict-pipeline retry"),
        ("open", ["running", "completed"], {}, NEEDS_ACTION, "then run conflict-pipeline retry"),
        ("preparing", [], {"snapshot": "failed"}, NEEDS_ACTION, "run the job conflict_report again"),
        ("superseded", ["failed"], {}, NO_CYCLE, None),
    ],
)
def test_exit_code_and_advice_follow_from_the_state(
    scratch: Session,
    state: str,
    chunks: list[str],
    steps: Mapping[str, str],
    exit_code: int,
    advice: str | None,
) -> None:
    added = add_cycle(scratch, chunks, state)
    for step, step_state in steps.items():
        add_step(scratch, added, step, step_state)

    last_line = shown(scratch).splitlines()[-1]

    assert read_status(scratch, all_chunks=False).exit_code == exit_code
    assert (advice in last_line) if advice else ("run" not in last_line.lower())


def test_the_newest_cycle_is_shown_also_while_it_is_prepared(scratch: Session) -> None:
    add_cycle(scratch, cycle_key="c20260101t000000", state="open")
    assert "Cycle c20260101t000000 is open." in shown(scratch)

    add_cycle(scratch, cycle_key="c20260102t000000", state="preparing", planned_at=None)

    assert "Cycle c20260102t000000 is preparing." in shown(scratch)


def test_text_and_json_give_times_in_the_report_time_zone(scratch: Session) -> None:
    scratch.conn.execute("SET TIME ZONE 'America/New_York'")
    add_cycle(scratch, state="completed", closed_at="2026-03-02 02:00+00")

    found = printed_json(scratch)["cycle"]

    assert "Started 2026-03-01 20:02:03-05:00, ended 2026-03-01 21:00:00-05:00." in shown(scratch)
    assert found["opened_at"] == "2026-03-01T20:02:03.400000-05:00"
    assert found["closed_at"] == "2026-03-01T21:00:00-05:00"


def test_chunks_are_counted_by_status(scratch: Session) -> None:
    add_cycle(scratch, [*ALL_STATES, "pending"])

    text = " ".join(shown(scratch).split())

    assert "10 of 60 rows; chunks: 1 completed, 2 pending, 1 failed, 1 stuck, 1 skipped" in text


def test_chunks_that_are_not_done_are_listed_or_all_on_demand(scratch: Session) -> None:
    key = add_cycle(scratch, ALL_STATES)["cycle_key"]
    keys = [f"{key}_{number:04d}" for number in range(1, 6)]

    undone, every = shown(scratch), shown(scratch, all_chunks=True)

    assert [words[:2] for words in lines_about(undone, keys)] == [
        [keys[1], "pending"],
        [keys[2], "failed"],
        [keys[3], "stuck"],
    ]
    assert [words[0] for words in lines_about(every, keys)] == keys
    assert [row["partition_key"] for row in printed_json(scratch)["chunks"]] == keys[1:4]
    assert [row["partition_key"] for row in printed_json(scratch, all_chunks=True)["chunks"]] == keys


def test_a_chunk_that_a_session_holds_is_running_and_the_time_left_follows_from_the_rate(
    scratch: Session,
) -> None:
    key = add_cycle(scratch, ["completed", "running", "pending"])["cycle_key"]
    scratch.conn.execute(
        """UPDATE conflict.conflict_chunk
        SET started_at = now() - interval '10 s', finished_at = now(), counts = '{}'
        WHERE state = 'completed'"""
    )

    with ledger.claimed(scratch, f"{key}_0002"):
        text = shown(scratch, all_chunks=True, width=200)

    assert "10 of 30 rows; chunks: 1 completed, 1 running, 1 pending; 1 rows/s; about 20 s left" in text
    assert lines_about(text, [f"{key}_0001"])[0][1:] == ["completed", "0", "10", "10.0", "1"]


def test_every_step_is_shown_in_the_order_of_the_night(scratch: Session) -> None:
    added = add_cycle(scratch, ["pending"])
    chunk(scratch, added, 2, state="completed", counts=Jsonb({"redetect": REDETECT}))
    started = {"started_at": "2026-03-02 01:02:10+00", "finished_at": "2026-03-02 01:02:12.5+00"}
    add_step(scratch, added, "reminders", counts=Jsonb({"refreshed": 3, "inserted": 5}), **started)

    text = shown(scratch, width=200)

    counts = "rows 113,000, redetected 5,000, not redetected 107,988, guarded 12, bad gps 3, written 1,234"
    assert lines_about(text, ["reminders", "snapshot", "redetect"]) == [
        ["reminders", "completed", "2.5", "inserted", "5,", "refreshed", "3"],
        ["snapshot", "pending"],
        ["redetect", *["1", "of", "2", "chunks"], *counts.split()],
    ]
    assert "redetected by rule: scheduled times equal 3,000, too far to travel 2,000" in text
    assert [step["step"] for step in printed_json(scratch)["steps"]] == ["reminders", "snapshot", "redetect"]
    assert printed_json(scratch)["steps"][2]["counts"]["redetected_by_rule"]["DistanceFlag"] == 2_000


def test_a_running_step_is_stuck_once_no_session_holds_its_lock(scratch: Session) -> None:
    add_step(scratch, add_cycle(scratch, state="preparing"), "snapshot", "running")

    with locks.preparation_lock(scratch):
        running = read_status(scratch, all_chunks=False)
    stuck = read_status(scratch, all_chunks=False)

    assert (running.steps[1]["state"], running.exit_code) == ("running", HEALTHY)
    assert (stuck.steps[1]["state"], stuck.exit_code) == ("stuck", NEEDS_ACTION)
    assert "run the job conflict_report again" in shown(scratch)


def test_a_step_that_a_cancelled_cycle_never_started_is_skipped(scratch: Session) -> None:
    add_cycle(scratch, state="superseded")

    assert lines_about(shown(scratch), ["reminders"]) == [["reminders", "skipped"]]


def test_an_error_is_shown_in_whole_words_once_for_all_chunks_that_share_it(scratch: Session) -> None:
    error = "CheckViolation [23514] (table conflictvisitmaps, constraint refused); the message is kept"
    added = add_cycle(scratch)
    for number in range(1, 7):
        chunk(scratch, added, number, state="failed", attempts=3, error=error)
    add_step(scratch, added, "snapshot", "failed", error="LockNotAvailable [55P03]")

    text = " ".join(shown(scratch).split())

    first = ", ".join(f"{added['cycle_key']}_{number:04d}" for number in (1, 2, 3))
    assert f"{first} and 3 more: {error}" in text
    assert "step snapshot: LockNotAvailable [55P03]" in text
    assert text.count(error) == 1


@pytest.mark.parametrize("width", [40, 80, 200])
def test_nothing_private_is_shown_and_80_columns_are_enough(scratch: Session, width: int) -> None:
    before = add_cycle(scratch, cycle_key="c20260101t000000", state="superseded", mode="incremental")
    chunk(scratch, before, planned=9_999_999)
    change(scratch, "conflict_cycle", closed_at="2026-03-02 23:59+00")
    added = add_cycle(
        scratch, ALL_STATES, mode_reason="the rules have changed", closed_at="2026-03-02 2:00+00"
    )
    add_step(scratch, added, "snapshot", counts=Jsonb({"copied": 113_000}))

    text = shown(scratch, all_chunks=True, width=width)

    assert SSN not in text
    assert max(map(len, text.splitlines())) <= width
    if width >= 80:
        assert "…" not in text
        assert len(re.findall(rf"^{added['cycle_key']}_\d{{4}} ", text, re.MULTILINE)) == len(ALL_STATES)


def test_the_last_cycles_are_shown_oldest_first_with_a_bar_for_their_rows(scratch: Session) -> None:
    for number, planned in enumerate((40, 80, 10), start=1):
        mode = "incremental" if number == 3 else "full"
        added = add_cycle(scratch, cycle_key=f"c{number}", state="completed", mode=mode)
        chunk(scratch, added, state="completed", attempts=number, planned=planned)

    found = lines_about(shown(scratch), ["c1", "c2", "c3"])

    assert [words[:5] for words in found] == [
        ["c1", "completed", "full", "40", "████"],
        ["c2", "completed", "full", "80", "████████"],
        ["c3", "completed", "incremental", "10", "█"],
    ]
    assert [words[-1] for words in found] == ["0", "1", "2"]
    assert [row["cycle_key"] for row in printed_json(scratch)["last_cycles"]] == ["c3", "c2", "c1"]


def test_a_single_cycle_has_no_table_of_last_cycles(scratch: Session) -> None:
    add_cycle(scratch, ["completed"])

    assert "last cycles" not in shown(scratch)


@pytest.mark.parametrize(("share", "bar"), [(0, ""), (0.06, "▌"), (0.125, "█"), (0.14, "█▏"), (1, "█" * 8)])
def test_a_bar_is_as_long_as_its_share(share: float, bar: str) -> None:
    assert _blocks(share) == bar


def test_json_holds_the_cycle_with_its_figures_and_nothing_private(scratch: Session) -> None:
    add_cycle(scratch, ["completed", "failed", "pending"])

    found = printed_json(scratch)

    assert (found["cycle"]["state"], found["cycle"]["completed"], found["cycle"]["failed"]) == ("open", 1, 1)
    assert (found["cycle"]["window_start"], found["cycle"]["rows_per_second"]) == ("2024-03-02", None)
    assert SSN not in str(found)
