from conflict_pipeline.cycles import ledger
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import chunk, cycle, read


def test_every_cycle_has_its_own_figures(scratch: Session) -> None:
    earlier = cycle(scratch, cycle_key="a", state="superseded")
    chunk(scratch, earlier, 1, state="completed", planned=3, marked=3)
    chunk(scratch, earlier, 2, state="skipped", planned=4)
    chunk(scratch, cycle(scratch, cycle_key="b"), planned=5)

    rows = read(scratch, "conflict_cycle_status")

    names = ("cycle_key", "chunks", "completed", "skipped", "planned", "planned_of_completed", "marked")
    assert [[row[name] for name in names] for row in rows] == [
        ["a", 2, 1, 1, 7, 3, 3],
        ["b", 1, 0, 0, 5, 0, 0],
    ]


def test_its_work_lasts_from_the_first_start_to_the_last_end(scratch: Session) -> None:
    opened = cycle(scratch)
    chunk(scratch, opened, 1, started_at="2026-03-02 09:00", finished_at="2026-03-02 12:00")
    chunk(scratch, opened, 2, started_at="2026-03-02 10:00", finished_at="2026-03-02 11:00")

    (row,) = read(scratch, "conflict_cycle_status")

    assert (row["first_started_at"].hour, row["last_finished_at"].hour) == (9, 12)


def test_a_chunk_at_work_counts_as_locked_alone(database: Postgres, session: Session) -> None:
    key = chunk(session, cycle(session), state="running")["partition_key"]

    with database.session("worker") as worker, ledger.claimed(worker, key):
        (row,) = read(session, "conflict_cycle_status")

    assert [row[name] for name in ("chunks", "running", "stuck", "pending")] == [1, 1, 0, 0]


def test_creating_it_again_is_no_error(scratch: Session) -> None:
    assert scratch.execute("schema/21_create_conflict_cycle_status").statusmessage == "CREATE VIEW"
