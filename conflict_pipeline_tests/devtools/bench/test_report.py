"""The tables fit a terminal and lose no number; the JSON has the same names for all candidates."""

import json
from dataclasses import replace
from io import StringIO

from rich.console import Console

from conflict_pipeline.devtools.bench import report
from conflict_pipeline.devtools.bench.cycles import UNCHANGED
from conflict_pipeline.devtools.bench.measurement import Measurement, Usage
from conflict_pipeline.devtools.bench.outcome import Outcome
from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.devtools.bench.small import measurement

LIMIT = replace(measurement("limit", 2.0), outcome=Outcome(10, "1", "2"))
SLOW = replace(LIMIT, name="slow", usage=replace(LIMIT.usage, seconds=5.0, wal_bytes=150), chunks=3)
WITHOUT_WORK = replace(measurement("job without work", 3.0), rows=0)
NOTHING_FOUND = replace(SLOW, rows=0, chunks=0)


def test_a_candidate_has_its_ratios_to_the_limit_and_every_candidate_the_same_names() -> None:
    limit, slow, without_work, nothing_found = (
        report.as_dict(one, LIMIT) for one in (LIMIT, SLOW, WITHOUT_WORK, NOTHING_FOUND)
    )

    assert (slow["ratio"], slow["wal_ratio"], slow["rows_per_second"]) == (2.5, 1.5, 2.0)
    assert (without_work["ratio"], without_work["wal_ratio"]) == (None, None)
    assert (nothing_found["ratio"], nothing_found["rows_per_second"]) == (2.5, None)
    assert limit.keys() == slow.keys() == without_work.keys() == nothing_found.keys()


def tables(*measurements: Measurement, width: int = 80) -> list[str]:
    """Return the lines of both tables."""
    console = Console(file=StringIO(), width=width)
    for table in report.as_tables({one.name: one for one in measurements}):
        console.print(table)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue().splitlines()


def test_the_tables_show_the_numbers_that_there_are() -> None:
    lines = tables(LIMIT, SLOW, WITHOUT_WORK)

    times, resources = (line.split() for line in lines if line.startswith("slow "))
    assert times == ["slow", "5.00", "2.50", "2", "3"]
    assert resources == ["slow", "0", "0", "0.5"]


def test_large_numbers_fit_into_80_columns() -> None:
    large = replace(
        SLOW,
        name=UNCHANGED,
        usage=Usage(12_345.678, 12_345.67, *[99_999 * 1024**2] * 4),
        rows=99_999_999,
        chunks=12_345,
        dagster_cpu_seconds_per_chunk=12.345,
    )

    narrow, wide = tables(LIMIT, large), tables(LIMIT, large, width=200)

    cells = [line.split() for line in narrow if line.startswith(large.name)]
    assert cells == [line.split() for line in wide if line.startswith(large.name)]
    assert all("…" not in line and len(line) <= 80 for line in narrow)


def test_the_environment_names_what_influences_the_times(scratch: Session) -> None:
    scratch.conn.execute("SET LOCAL work_mem = '5MB'")

    found = report.environment(scratch)

    assert json.loads(json.dumps(found)) == found
    assert found["versions"].keys() == {"postgres", "python", "conflict-pipeline", "dagster", "psycopg"}
    assert found["machine"]["cpus"] >= 1
    assert found["server"]["work_mem"] == "5MB"
    assert found["server"].keys() >= {"shared_buffers", "fsync", "synchronous_commit", "full_page_writes"}
