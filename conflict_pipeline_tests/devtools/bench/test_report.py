import json
from dataclasses import replace
from io import StringIO

from rich.console import Console

from conflict_pipeline.devtools.bench import report
from conflict_pipeline.devtools.bench.measurement import Measurement, Outcome, Usage
from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.devtools.bench.small import measurement

LIMIT = replace(measurement("limit", 2.0), outcome=Outcome(10, "1", "2"))
SLOW = replace(LIMIT, name="slow", usage=replace(LIMIT.usage, seconds=5.0, wal_bytes=150), chunks=3)
EMPTY = replace(measurement("job that does nothing", 3.0), rows=0)


def test_a_candidate_has_its_ratios_to_the_limit() -> None:
    values = report.as_dict(SLOW, LIMIT)

    assert (values["ratio"], values["wal_ratio"], values["rows_per_second"]) == (2.5, 1.5, 2.0)


def test_every_candidate_has_the_same_names() -> None:
    first, *others = (report.as_dict(one, LIMIT) for one in (LIMIT, SLOW, EMPTY))

    assert all(values.keys() == first.keys() for values in others)
    assert others[1]["ratio"] is None


def tables(*measurements: Measurement, width: int = 80) -> list[str]:
    """The lines of both."""
    console = Console(file=StringIO(), width=width)
    for table in report.as_tables({one.name: one for one in measurements}):
        console.print(table)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue().splitlines()


def test_the_tables_show_what_there_is() -> None:
    lines = tables(LIMIT, SLOW, EMPTY)

    times, resources = (line.split() for line in lines if line.startswith("slow "))
    assert times == ["slow", "5.00", "2.50", "2", "3"]
    assert resources == ["slow", "0", "0", "0.50"]


def test_large_numbers_fit_into_80_columns() -> None:
    large = replace(
        SLOW,
        name="cycle, 1 % of visits changed",
        usage=Usage(12_345.678, 1_234.567, *[99_999 * 1024**2] * 4),
        rows=99_999_999,
        chunks=12_345,
        dagster_cpu_seconds_per_chunk=12.345,
    )

    narrow, wide = tables(LIMIT, large), tables(LIMIT, large, width=200)

    cells = [line.split() for line in narrow if line.startswith(large.name)]
    assert cells == [line.split() for line in wide if line.startswith(large.name)]
    assert all("…" not in line and len(line) <= 80 for line in narrow)


def test_what_is_extrapolated_says_from_how_many_chunks() -> None:
    extrapolated = replace(SLOW, outcome=None, chunks=17, extrapolated_from=5)

    lines = tables(LIMIT, extrapolated)

    assert len([line for line in lines if line.startswith("slow (5 of 17) ")]) == 2
    values = report.as_dict(extrapolated, LIMIT)
    assert (values["extrapolated_from"], values["ratio"]) == (5, 2.5)
    assert report.as_dict(SLOW, LIMIT)["extrapolated_from"] is None


def test_a_cycle_that_found_nothing_to_do_has_a_ratio_and_no_rate() -> None:
    values = report.as_dict(replace(SLOW, rows=0, chunks=0), LIMIT)

    assert (values["ratio"], values["rows_per_second"]) == (2.5, None)


def test_the_environment_names_what_decides_about_times(session: Session) -> None:
    found = report.environment(session)

    assert json.loads(json.dumps(found)) == found
    assert found["versions"].keys() == {"postgres", "python", "conflict-pipeline", "dagster", "psycopg"}
    assert found["machine"]["cpus"] >= 1
    assert found["server"].keys() >= {"shared_buffers", "fsync", "synchronous_commit", "full_page_writes"}
