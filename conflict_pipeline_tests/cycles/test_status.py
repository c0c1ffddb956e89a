"""What a person sees of the newest cycle."""

import json
from collections.abc import Sequence
from io import StringIO

import pytest
from rich.console import Console

from conflict_pipeline.cycles import ledger
from conflict_pipeline.cycles.status import _blocks, as_json, render
from conflict_pipeline.errors import PipelineError
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import SSN, chunk, cycle
from conflict_pipeline_tests.small_cycles import finished_cycle

ALL_STATES = ("completed", "pending", "failed", "running", "skipped")


def open_chunks(session: Session, states: Sequence[str], state: str = "open") -> list[str]:
    """The partition keys of a cycle of chunks in these states; their boundaries are SSNs."""
    of_cycle = cycle(session, state=state)
    return [
        str(chunk(session, of_cycle, number, state=chunk_state, from_ssn=SSN, planned=10)["partition_key"])
        for number, chunk_state in enumerate(states, start=1)
    ]


def shown(session: Session, *, only_undone: bool = True, width: int = 80) -> str:
    console = Console(file=StringIO(), width=width)
    console.print(render(session, only_undone=only_undone)[1])
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def test_before_any_plan_a_person_is_told_what_to_run(session: Session) -> None:
    with pytest.raises(PipelineError, match="Run the job get_task02_chunks or conflict_report"):
        render(session, only_undone=True)


@pytest.mark.parametrize("state", ["open", "completed", "superseded"])
def test_the_newest_cycle_is_shown_with_its_state(session: Session, state: str) -> None:
    cycle(session, cycle_key="c20260101t000000", state="superseded")
    newest = cycle(session, state=state)

    found, _ = render(session, only_undone=True)

    assert found.cycle_key == newest["cycle_key"]
    assert f"Cycle {newest['cycle_key']} is {state}." in shown(session)


def test_chunks_are_counted_by_status(session: Session) -> None:
    open_chunks(session, [*ALL_STATES, "pending"])

    assert "10 of 60 rows; chunks: 1 completed, 2 pending, 1 failed, 1 stuck, 1 skipped" in shown(session)


def test_a_cycle_without_chunks_says_so(session: Session) -> None:
    open_chunks(session, [])

    assert "0 of 0 rows; chunks: none" in shown(session)


def test_chunks_that_are_not_done_are_listed_with_their_status(session: Session) -> None:
    keys = open_chunks(session, ALL_STATES)

    lines = {line.split()[1]: line.split()[3] for line in shown(session).splitlines() if "_000" in line}

    assert lines == {keys[1]: "pending", keys[2]: "failed", keys[3]: "stuck"}


def test_all_chunks_are_listed_on_demand(session: Session) -> None:
    keys = open_chunks(session, ALL_STATES)

    picture = shown(session, only_undone=False)

    assert [key for key in keys if key not in picture] == []


def test_a_chunk_that_a_session_holds_is_locked(database: Postgres, session: Session) -> None:
    (key,) = open_chunks(session, ["pending"])

    with database.session("worker") as worker, ledger.claimed(worker, key):
        picture = shown(session)

    assert "1 locked" in picture


def test_an_error_is_shown_as_a_whole(session: Session) -> None:
    error = "CheckViolation [23514] (table conflictvisitmaps, constraint refused)"
    chunk(session, cycle(session), state="failed", attempts=3, error=error)

    assert error in shown(session, width=200)
    assert all(word in shown(session) for word in ("CheckVi", "[23514]"))


@pytest.mark.parametrize("width", [40, 80, 200])
def test_nothing_private_is_shown_and_keys_can_be_copied(session: Session, width: int) -> None:
    keys = open_chunks(session, ALL_STATES)

    picture = shown(session, only_undone=False, width=width)

    assert SSN not in picture
    assert width < 80 or all(key in picture for key in keys)


@pytest.mark.parametrize(
    ("states", "advice"),
    [
        pytest.param(["failed", "pending"], "conflict-pipeline retry", id="a failed chunk"),
        pytest.param(["running", "completed"], "conflict-pipeline retry", id="a stuck chunk"),
        pytest.param(["completed", "completed"], "finish_cycle", id="all is done"),
        pytest.param([], "finish_cycle", id="there was nothing to do"),
    ],
)
def test_a_person_is_told_how_to_go_on(session: Session, states: list[str], advice: str) -> None:
    open_chunks(session, states)

    assert advice in shown(session).splitlines()[-1]


@pytest.mark.parametrize(
    ("states", "state"),
    [(["pending", "completed"], "open"), (["failed"], "superseded"), (["completed"], "completed")],
)
def test_there_is_no_advice_where_none_is_needed(session: Session, states: list[str], state: str) -> None:
    open_chunks(session, states, state)

    assert "conflict-pipeline" not in shown(session)
    assert "finish_cycle" not in shown(session)


def test_before_any_chunk_is_done_there_is_no_rate(session: Session) -> None:
    open_chunks(session, ["pending"])

    assert "rows/s;" not in shown(session)
    assert "s left" not in shown(session)


def test_while_chunks_are_at_work_the_time_left_follows_from_the_rate(
    database: Postgres, session: Session
) -> None:
    done, at_work, _ = open_chunks(session, ["completed", "running", "pending"])
    session.conn.execute(
        """UPDATE conflict.conflict_chunk
        SET started_at = now() - interval '10 s', finished_at = now(), marked = 10
        WHERE partition_key = %s""",
        [done],
    )

    with database.session("worker") as worker, ledger.claimed(worker, at_work):
        picture = shown(session, width=200)

    assert "10 of 30 rows; chunks: 1 completed, 1 locked, 1 pending; 1 rows/s; about 20 s left" in picture


def test_a_finished_cycle_shows_what_it_found(database: Postgres, session: Session) -> None:
    finished_cycle(database, session)

    picture = shown(session, only_undone=False)

    assert "3 of 3 rows; chunks: 3 completed" in picture
    assert "re-detected" in picture
    assert "3 of 3 completed" in picture


def last_lines(picture: str, keys: list[str]) -> list[list[str]]:
    """The words of the lines about these cycles."""
    lines = [line.split() for line in picture.splitlines()]
    return [words for words in lines if words and words[0] in keys]


def test_the_last_cycles_are_shown_oldest_first_with_a_bar(session: Session) -> None:
    for number, redetected in enumerate((40, 80, 10), start=1):
        one = cycle(
            session, cycle_key=f"c{number}", state="completed", mode="incremental" if number == 3 else "full"
        )
        chunk(session, one, state="completed", attempts=number, marked=100, redetected=redetected)

    found = last_lines(shown(session), ["c1", "c2", "c3"])

    assert [words[:4] for words in found] == [
        ["c1", "completed", "40", "█████"],
        ["c2", "completed", "80", "██████████"],
        ["c3", "completed,", "changed", "10"],
    ]
    assert [words[-1] for words in found] == ["0", "1", "2"]


def test_one_cycle_is_no_series(session: Session) -> None:
    open_chunks(session, ["completed"])

    assert "last cycles" not in shown(session)


@pytest.mark.parametrize(("share", "bar"), [(0, ""), (0.05, "▌"), (0.1, "█"), (0.11, "█▏"), (1, "█" * 10)])
def test_a_bar_is_as_long_as_its_share(share: float, bar: str) -> None:
    assert _blocks(share) == bar


def test_for_scripts_there_is_one_object(session: Session) -> None:
    cycle(session, cycle_key="c1", state="completed", opened_at="2026-03-01 09:00")
    open_chunks(session, ["completed", "failed", "pending"])

    found = json.loads(json.dumps(as_json(session)))

    assert (found["cycle"]["state"], found["cycle"]["completed"], found["cycle"]["failed"]) == ("open", 1, 1)
    assert found["cycle"]["window_start"] == "2024-03-02"
    assert [one["status"] for one in found["undone_chunks"]] == ["failed", "pending"]
    assert [one["cycle_key"] for one in found["last_cycles"]] == [found["cycle"]["cycle_key"], "c1"]
    assert found["last_cycles"][1]["opened_at"].startswith("2026-03-01T09:00:00")
    assert SSN not in str(found)


def test_before_any_plan_a_script_gets_no_cycle(session: Session) -> None:
    assert as_json(session) == {"cycle": None, "undone_chunks": [], "last_cycles": []}
