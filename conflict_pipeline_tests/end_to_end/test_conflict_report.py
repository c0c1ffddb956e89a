"""The whole cycle as users start it: a process of its own, on a database with the sample."""

from pathlib import Path

import dagster as dg
import pytest

from conflict_pipeline.demo.counts import SampleCounts
from conflict_pipeline.ledger import require_cycle, rules
from conflict_pipeline.resources.postgres import Postgres
from conflict_pipeline_tests.end_to_end.conftest import RunDagster
from conflict_pipeline_tests.end_to_end.tables import conflict_rows

_PRIVATE = (
    """SELECT DISTINCT btrim("SSN") FROM analytics.dimcaregiver WHERE length(btrim("SSN")) > 4""",
    """SELECT DISTINCT "Caregiver Fullname" FROM analytics.dimcaregiver WHERE "Caregiver Fullname" <> ''""",
    """SELECT DISTINCT "Patient Name" FROM analytics.dimpatient WHERE "Patient Name" <> ''""",
    """SELECT DISTINCT "Medicaid Number" FROM analytics.dimpatient WHERE length("Medicaid Number") > 4""",
    """SELECT DISTINCT "Address Line 1" FROM analytics.dimpatientaddress WHERE "Address Line 1" <> ''""",
)


def _private_values(database: Postgres) -> set[bytes]:
    with database.session("private") as session:
        return {
            str(value).encode()
            for query in _PRIVATE
            for row in session.conn.execute(query)
            for value in row.values()
        }


def _dagster_storage(database: Postgres) -> list[bytes]:
    """Every row of every table of Dagster's own records."""
    with database.session("storage") as session:
        tables = session.conn.execute(
            "SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables"
            " WHERE schemaname = 'dagster'"
        ).fetchall()
        return [
            str(row["text"]).encode()
            for table in tables
            for row in session.conn.execute(f"SELECT t::text AS text FROM {table['name']} AS t")
        ]


def test_a_cycle_finds_what_is_in_the_sample_and_leaves_nothing_private_outside_the_database(
    sample: Postgres, counts: SampleCounts, execute_job: RunDagster, dagster_home: Path
) -> None:
    run = execute_job("conflict_report", {"target_chunk_size": 300})

    assert run.returncode == 0, run.stderr
    with sample.session("after") as session:
        cycle = require_cycle(session)
        by_rule = {rule: rows for rule, rows in rules(session, cycle.cycle_id).items() if rows}
        flag = session.conn.execute('SELECT "InProgressFlag" AS flag FROM conflict.settings').fetchone()
        snapshot = session.conn.execute(
            "SELECT count(*) AS rows FROM conflict.conflictvisitmaps_temp"
        ).fetchone()
    assert cycle.state == "completed"
    assert cycle.chunks > 5
    assert (cycle.planned, cycle.marked) == (counts.eligible, counts.eligible)
    assert (cycle.redetected, cycle.not_redetected) == (counts.redetected, counts.not_redetected)
    assert (cycle.guarded, cycle.bad_gps) == (counts.guarded, counts.bad_gps)
    assert by_rule == {rule: rows for rule, rows in counts.redetected_by_rule.items() if rows}
    assert flag == {"flag": 2}
    assert snapshot == {"rows": counts.snapshot}
    assert f"{counts.redetected:,}" in run.stderr  # the summary

    with dg.DagsterInstance.from_config(str(dagster_home)) as instance:
        materialized = instance.get_materialized_partitions(dg.AssetKey("conflictvisitmaps"))
        assert materialized == set(instance.get_dynamic_partitions("conflict_chunks"))
    assert len(materialized) == cycle.chunks

    seen = [run.stdout.encode(), run.stderr.encode()]
    seen += [path.read_bytes() for path in dagster_home.rglob("*") if path.is_file()]
    seen += _dagster_storage(sample)
    haystack = b"\n".join(seen)
    assert b"ASSET_MATERIALIZATION" in haystack
    assert str(cycle.cycle_key).encode() in haystack
    leaked = [value for value in _private_values(sample) if value in haystack]
    assert leaked == []


@pytest.mark.parametrize("target_chunk_size", [50, 1_000, 10_000])
def test_chunks_of_any_size_give_what_one_piece_gives(
    one_piece: dict[int, dict[str, object]],  # first, for it points the settings at a database of its own
    sample: Postgres,
    execute_job: RunDagster,
    target_chunk_size: int,
) -> None:
    run = execute_job("conflict_report", {"target_chunk_size": target_chunk_size})

    assert run.returncode == 0, run.stderr
    assert conflict_rows(sample) == one_piece
