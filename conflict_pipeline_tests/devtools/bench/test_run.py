"""The whole command: its candidates, output, limits and end."""

import json
import os
import re
import secrets
import signal
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from conflict_pipeline.devtools.bench import limits, run
from conflict_pipeline.devtools.bench.candidates import Candidates
from conflict_pipeline.devtools.bench.databases import Databases
from conflict_pipeline.devtools.bench.limits import Limit
from conflict_pipeline.devtools.bench.options import Options
from conflict_pipeline.devtools.bench.outcome import Outcome
from conflict_pipeline.errors import PipelineError
from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.devtools.bench.small import CHUNK_ROWS, SIZE, measurement, names

TOKEN = f"run{os.getpid()}"
CANDIDATES = [
    *("limit", "one piece", "plain"),
    *("chunks, 1 worker", "chunks, 2 workers", "chunks, 5 workers"),
    *("full cycle", "full cycle, no change", "incremental, no change", "incremental, 1 % changed"),
]


@pytest.fixture(autouse=True)
def _token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "token_hex", lambda _: TOKEN)


def run_bench(**options: object) -> tuple[int, str]:
    """Return the exit code and the output."""
    console = Console(file=StringIO(), width=80)
    given = {"size": SIZE, "chunk_rows": CHUNK_ROWS, "with_jobs": False, **options}
    code = run.run(Options(**given), console)  # type: ignore[arg-type]
    assert isinstance(console.file, StringIO)
    return code, console.file.getvalue()


@pytest.fixture
def bench(databases: Databases) -> run._Bench:
    return run._Bench(databases, Options(), Console(file=StringIO()))


def test_every_candidate_is_in_the_tables_and_in_the_json_and_exceeded_limits_are_listed(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "bench.json"
    monkeypatch.setattr(limits, "LIMITS", (Limit("plain", "limit", 0), Limit("limit", "plain", 1e6)))

    code, text = run_bench(json_file=file, check=True)

    found = json.loads(file.read_text())
    assert code == 1
    assert re.fullmatch(r"plain: [\d.]+ times the seconds of limit, the limit is 0", text.splitlines()[-1])
    assert names(session, TOKEN) == []
    assert all(f"{name}: " in text and text.count(f"\n{name}  ") == 2 for name in CANDIDATES)
    assert all(len(line) <= 80 for line in text.splitlines())
    assert found.keys() == {"versions", "machine", "server", "sizes", "note", "candidates"}
    assert [one["name"] for one in found["candidates"]] == CANDIDATES
    assert found["sizes"]["eligible_rows"] > 0
    assert found["server"]["checkpointed"] is True
    for one in found["candidates"]:
        assert all(one[name] > 0 for name in ("seconds", "ratio", "wal_bytes"))


def test_sigterm_leaves_no_database(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Candidates, "one_piece", lambda *_: os.kill(os.getpid(), signal.SIGTERM))
    handler = signal.getsignal(signal.SIGTERM)

    with pytest.raises(SystemExit):
        run_bench()

    assert names(session, TOKEN) == []
    assert signal.getsignal(signal.SIGTERM) == handler


def test_a_candidate_with_another_outcome_ends_the_benchmark(bench: run._Bench) -> None:
    bench._expected = Outcome(10, "1", "2")
    bench._keep(replace(measurement("chunks"), outcome=Outcome(10, "1", "2")))

    with pytest.raises(PipelineError, match="Candidate plain leaves a different conflictvisitmaps"):
        bench._keep(replace(measurement("plain"), outcome=Outcome(10, "3", "4")), with_marks=False)


def test_the_fastest_of_several_counts(bench: run._Bench) -> None:
    for seconds in (2.0, 1.0, 3.0):
        bench._keep(measurement("limit", seconds))

    assert bench.measurements["limit"].usage.seconds == 1.0


def test_the_cost_of_dagster_is_a_job_minus_the_same_cycle_and_minus_a_job_without_work(
    bench: run._Bench,
) -> None:
    bench.measurements = {
        run.EMPTY_JOB: measurement(run.EMPTY_JOB, client_cpu_seconds=3.0),
        "one piece": replace(measurement("one piece"), cycle_cpu_seconds=0.5),
        "job": replace(measurement("job", client_cpu_seconds=5.5), chunks=4),
    }

    bench._add_dagster("job", "one piece")

    job = bench.measurements["job"]
    assert (job.dagster_cpu_seconds, job.dagster_cpu_seconds_per_chunk) == (5.0, 0.5)
