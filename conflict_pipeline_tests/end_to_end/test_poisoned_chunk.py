"""A row that cannot be updated: its chunk fails and is named, the others complete; a retry processes it."""

from collections import Counter
from pathlib import Path
from typing import Any

from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline_tests.end_to_end.privacy import dagster_storage
from conflict_pipeline_tests.end_to_end.processes import (
    CONFIG,
    Start,
    add_trigger,
    chunks,
    cycle_states,
    drop_trigger,
    in_progress_flag,
    materialized,
    start,
    start_job,
)
from conflict_pipeline_tests.end_to_end.tables import conflict_rows

__all__ = ["start", "start_job"]  # fixtures


def test_a_poisoned_chunk_stops_no_other_and_a_retry_processes_it_alone(
    one_piece: dict[int, dict[str, Any]],
    sample: Postgres,
    start: Start,
    start_job: Start,
    dagster_home: Path,
) -> None:
    poisoned = next(row for row in one_piece.values() if row["StatusFlag"] == "U" and row["SSN"])
    ssn = poisoned["SSN"]
    assert ssn.startswith("9")
    with sample.session("test") as session:
        add_trigger(
            session,
            "poison",
            f"""IF NEW."ID" = {poisoned["ID"]} THEN
                RAISE EXCEPTION 'no update of SSN %', NEW."SSN" USING DETAIL = NEW::text;
            END IF;""",
        )

        job = start_job("conflict_report", CONFIG)

        assert job.wait() == 1
        after_job = chunks(session)
        assert Counter(chunk["status"] for chunk in after_job.values()) == {
            "completed": len(after_job) - 1,
            "failed": 1,
        }
        (key,) = (key for key, chunk in after_job.items() if chunk["status"] == "failed")
        assert f"1 chunk failed: {key}." in job.output
        assert materialized(dagster_home) == set(after_job) - {key}
        assert cycle_states(session) == ["open"]
        assert in_progress_flag(session) == 2

        error = after_job[key]["error"]
        assert error.startswith("RaiseException [P0001]")
        assert ssn not in error + job.output
        assert not [row for row in dagster_storage(sample) if ssn.encode() in row]

        drop_trigger(session, "poison")
        retry = start("conflict_pipeline.cli", "retry", "--yes")

        assert retry.wait() == 0, retry.output
        assert f"Chunks to run again: {key}." in retry.output
        after_retry = chunks(session)
        assert {name: chunk["attempts"] for name, chunk in after_retry.items()} == {
            **dict.fromkeys(after_job, 1),
            key: 2,
        }
        assert all(
            after_retry[name]["finished_at"] == chunk["finished_at"]
            for name, chunk in after_job.items()
            if name != key
        )
        assert cycle_states(session) == ["completed"]
        assert in_progress_flag(session) == 2
    assert materialized(dagster_home) == set(after_job)
    assert conflict_rows(sample) == one_piece
