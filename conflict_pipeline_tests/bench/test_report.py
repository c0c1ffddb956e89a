import json
from dataclasses import replace
from io import StringIO

from rich.console import Console

from conflict_pipeline.bench import report
from conflict_pipeline.bench.measurement import Outcome
from conflict_pipeline.resources.postgres import Session
from conflict_pipeline_tests.bench.small import measurement

LIMIT = replace(measurement("limit", 2.0), outcome=Outcome(10, "1", "2"))
SLOW = replace(LIMIT, name="slow", usage=replace(LIMIT.usage, seconds=5.0, wal_bytes=150), chunks=3)
EMPTY = measurement("job that does nothing", 3.0)


def test_a_candidate_has_its_ratios_to_the_limit() -> None:
    values = report.as_dict(SLOW, LIMIT)

    assert (values["ratio"], values["wal_ratio"], values["rows_per_second"]) == (2.5, 1.5, 2.0)


def test_every_candidate_has_the_same_names() -> None:
    first, *others = (report.as_dict(one, LIMIT) for one in (LIMIT, SLOW, EMPTY))

    assert all(values.keys() == first.keys() for values in others)
    assert others[1]["ratio"] is None


def test_the_table_shows_what_there_is(session: Session) -> None:
    console = Console(file=StringIO(), width=200)

    console.print(report.as_table({one.name: one for one in (LIMIT, SLOW, EMPTY)}))

    assert isinstance(console.file, StringIO)
    lines = [line.split() for line in console.file.getvalue().splitlines()]
    slow = next(line for line in lines if "slow" in line)
    assert [cell for cell in slow if cell != "│"] == ["slow", "5.00", "2.50", "2", "0.50", "0", "0", "3"]


def test_the_environment_names_what_decides_about_times(session: Session) -> None:
    found = report.environment(session)

    assert json.loads(json.dumps(found)) == found
    assert found["versions"].keys() == {"postgres", "python", "conflict-pipeline", "dagster", "psycopg"}
    assert found["machine"]["cpus"] >= 1
    assert found["server"].keys() >= {"shared_buffers", "fsync", "synchronous_commit", "full_page_writes"}
