import json
import os
import re
import signal
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from conflict_pipeline.devtools.bench import limits, plain, run
from conflict_pipeline.devtools.bench.databases import Databases
from conflict_pipeline.devtools.bench.limits import Limit
from conflict_pipeline.devtools.bench.options import Options
from conflict_pipeline.errors import PipelineError
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.devtools.bench.small import CHUNK_ROWS, SIZE, measurement, names

CANDIDATES = [
    *("limit", "earlier chunks", "one piece", "plain"),
    *("chunks, 1 worker", "chunks, 2 workers", "chunks, 5 workers"),
    *("cycle, full", "cycle, nothing changed", "cycle, 1 % of visits changed"),
]


def bench(**options: object) -> tuple[int, str]:
    """Exit code and output."""
    console = Console(file=StringIO(), width=200)
    given = {"size": SIZE, "chunk_rows": CHUNK_ROWS, "with_jobs": False, **options}
    code = run.run(Options(**given), console)  # type: ignore[arg-type]
    assert isinstance(console.file, StringIO)
    return code, console.file.getvalue()


def test_every_candidate_is_in_the_table_and_in_the_json(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "bench.json"
    monkeypatch.setattr(limits, "LIMITS", (Limit("plain", "limit", 1e6),))

    code, text = bench(json_file=file, check=True, earlier_chunks=1)

    found = json.loads(file.read_text())
    assert code == 0
    assert names(session) == []
    assert all(f"{name}: " in text and text.count(f"\n{name}  ") == 2 for name in CANDIDATES)
    assert found.keys() == {"versions", "machine", "server", "sizes", "note", "candidates"}
    assert [one["name"] for one in found["candidates"]] == CANDIDATES
    assert found["sizes"].keys() == {
        "conflict_rows",
        "visits",
        "seed",
        "eligible_rows",
        "chunk_rows",
        "chunk_keys",
        "repeat",
    }
    assert found["server"]["checkpointed"] is True
    assert "\nWith scope and write_mode changed: nothing changed " in text
    for one in found["candidates"]:
        assert all(one[name] > 0 for name in ("seconds", "ratio", "wal_bytes"))
        assert one["temp_bytes"] >= 0


def test_a_check_fails_with_a_line_for_each_limit_that_is_exceeded(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "WORKERS", (1,))
    monkeypatch.setattr(limits, "LIMITS", (Limit("plain", "limit", 0), Limit("limit", "plain", 1e6)))

    code, text = bench(check=True)

    assert code == 1
    assert re.fullmatch(r"plain: [\d.]+ times the seconds of limit, allowed are 0", text.splitlines()[-1])


def test_a_candidate_that_does_not_do_the_work_ends_the_benchmark(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plain, "update_all", lambda *_: 0)

    with pytest.raises(PipelineError, match="Candidate plain leaves another conflictvisitmaps"):
        bench()

    assert names(session) == []


def test_told_to_end_it_leaves_no_database(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain, "update_all", lambda *_: os.kill(os.getpid(), signal.SIGTERM))
    before = signal.getsignal(signal.SIGTERM)

    with pytest.raises(SystemExit):
        bench()

    assert names(session) == []
    assert signal.getsignal(signal.SIGTERM) == before


def test_the_quickest_of_several_counts(database: Postgres) -> None:
    measured = run._Bench(Databases(database, "test"), Options(), Console(file=StringIO()))

    for seconds in (2.0, 1.0, 3.0):
        measured._keep(measurement("limit", seconds))

    assert measured.measurements["limit"].usage.seconds == 1.0


def test_what_dagster_takes_is_a_job_less_the_same_cycle_and_less_a_job_that_does_nothing(
    database: Postgres,
) -> None:
    measured = run._Bench(Databases(database, "test"), Options(), Console(file=StringIO()))
    measured.measurements = {
        run.EMPTY_JOB: measurement(run.EMPTY_JOB, client_cpu_seconds=3.0),
        "one piece": replace(measurement("one piece"), cycle_cpu_seconds=0.5),
        "job": replace(measurement("job", client_cpu_seconds=5.5), chunks=4),
    }

    measured._add_dagster("job", "one piece")

    job = measured.measurements["job"]
    assert (job.dagster_cpu_seconds, job.dagster_cpu_seconds_per_chunk) == (5.0, 0.5)
