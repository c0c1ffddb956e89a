"""Loads of whole tables: Postgres has Snowflake's rows afterwards, and equal rows are not written."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace

import psycopg
import pytest

from conflict_pipeline.defs.assets.analytics import LOADED_TABLES
from conflict_pipeline.devtools.demo.sample import (
    MIN_CONFLICT_ROWS,
    MIN_EXTRA_VISITS,
    SampleSize,
    load_sample,
)
from conflict_pipeline.errors import PipelineError
from conflict_pipeline.loads.load import LoadResult, lock_table
from conflict_pipeline.loads.merge import MergeResult
from conflict_pipeline.postgres import tables
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.end_to_end.processes import wait_until
from conflict_pipeline_tests.loads.upstream import (
    Upstream,
    add_trigger,
    allow,
    refuse,
    table_rows,
    versions,
)
from conflict_pipeline_tests.rows import DAY, SSN, insert
from conflict_pipeline_tests.small_cycles import waits_for_a_lock

SMALLEST = SampleSize(MIN_CONFLICT_ROWS, MIN_CONFLICT_ROWS + MIN_EXTRA_VISITS)
NAMES = [table.name for table in LOADED_TABLES]
OFFICES = "dimoffice"


@pytest.fixture
def offices(upstream: Upstream, session: Session) -> Upstream:
    """Ten offices, o0 to o9, in Snowflake and in Postgres."""
    for number in range(10):
        insert(session, OFFICES, **{"Office Id": f"o{number}", "Office Name": f"Office {number}"})
    upstream.take(session, OFFICES)
    upstream.load(OFFICES)
    return upstream


def refusal(upstream: Upstream, name: str = OFFICES) -> str:
    """Return the message with which the load fails, after checking that it is one line and has no cause."""
    with pytest.raises(PipelineError) as error:
        upstream.load(name)
    assert "\n" not in str(error.value)
    assert error.value.__cause__ is None
    return str(error.value)


def office_names(session: Session) -> dict[str, str]:
    rows = session.conn.execute('SELECT "Office Id" AS id, "Office Name" AS name FROM analytics.dimoffice')
    return {row["id"]: row["name"] for row in rows}


@contextmanager
def unchanged(session: Session, name: str = OFFICES) -> Iterator[None]:
    """Check that the block writes no row of the table."""
    before = versions(session, name)
    yield
    assert versions(session, name) == before


def test_every_table_of_the_sample_arrives_unchanged_and_is_not_written_again(
    upstream: Upstream, session: Session
) -> None:
    load_sample(session, SMALLEST, DAY)
    expected = {name: table_rows(session, name) for name in NAMES}
    upstream.take(session, *NAMES)
    assert not any(table_rows(session, name) for name in NAMES)

    first = {name: upstream.load(name) for name in NAMES}
    before = {name: versions(session, name) for name in NAMES}
    second = [upstream.load(name).merged for name in NAMES]

    assert [name for name in NAMES if table_rows(session, name) != expected[name]] == []
    for name, rows in expected.items():
        assert len(rows) > 0
        merged = first[name].merged
        assert (first[name].rows, merged.inserted) == (len(rows), len(rows))
        assert (merged.updated, merged.deleted, merged.repeated) == (0, 0, 0)
    assert [name for name in NAMES if versions(session, name) != before[name]] == []
    assert {(merged.inserted, merged.updated, merged.deleted) for merged in second} == {(0, 0, 0)}


def test_rows_are_added_changed_and_deleted_and_the_others_are_not_written(
    offices: Upstream, session: Session
) -> None:
    before = versions(session, OFFICES)
    offices.run(f"""UPDATE {OFFICES} SET "Office Name" = 'renamed' WHERE "Office Id" = 'o1'""")
    offices.run(f"""UPDATE {OFFICES} SET "Office Name" = NULL WHERE "Office Id" = 'o2'""")
    offices.run(f"""UPDATE {OFFICES} SET "Office Name" = '' WHERE "Office Id" = 'o3'""")
    offices.run(f"""DELETE FROM {OFFICES} WHERE "Office Id" IN ('o4', 'o5', 'o6', 'o7')""")
    offices.run(f"""INSERT INTO {OFFICES} ("Office Id") SELECT 'new'""")

    merged = offices.load(OFFICES).merged

    assert table_rows(session, OFFICES) == offices.rows(OFFICES)
    assert (merged.inserted, merged.updated, merged.deleted) == (1, 3, 4)
    after = versions(session, OFFICES)
    assert {office for office in after if after[office] == before.get(office)} == {"o0", "o8", "o9"}


def test_the_result_counts_what_was_read(offices: Upstream) -> None:
    loaded = offices.load(OFFICES)

    assert (loaded.table, loaded.mode, loaded.rows, loaded.watermark) == (OFFICES, "full", 10, None)
    assert 0 < loaded.seconds < 60
    assert loaded.bytes > 10 * len("Office 0")


def test_the_summary_is_one_line_of_counts() -> None:
    merged = MergeResult(inserted=1_000, updated=2_000, deleted=3, repeated=4)
    loaded = LoadResult(OFFICES, "incremental", 12_345, 10**6, merged, None, 2.5)

    assert loaded.summary() == (
        "incremental load: 12,345 rows read in 2.5 s; 1,000 inserted, 2,000 updated, 3 deleted, 4 with a "
        "repeated key left out."
    )
    assert replace(loaded, merged=MergeResult(0, 0, 0, 0)).summary().endswith("0 deleted.")


def test_an_empty_source_does_not_empty_a_table(offices: Upstream, session: Session) -> None:
    offices.run(f"DELETE FROM {OFFICES}")

    with unchanged(session):
        message = refusal(offices)

    assert message.startswith(f"{OFFICES} is empty in Snowflake but not in Postgres. Nothing was changed.")


def test_a_table_that_is_empty_in_both_databases_is_loaded(offices: Upstream, session: Session) -> None:
    offices.run(f"DELETE FROM {OFFICES}")
    session.conn.execute("DELETE FROM analytics.dimoffice")

    assert offices.load(OFFICES).rows == 0


def test_of_rows_with_one_key_the_same_is_loaded_each_time(offices: Upstream, session: Session) -> None:
    for name in ("second", "first", "third"):
        offices.run(f"""INSERT INTO {OFFICES} ("Office Id", "Office Name") SELECT 'twice', '{name}'""")
    merged = offices.load(OFFICES).merged
    chosen = office_names(session)["twice"]

    again = offices.load(OFFICES).merged

    assert (merged.inserted, merged.repeated) == (1, 2)
    assert (again.inserted, again.updated, again.repeated) == (0, 0, 2)
    assert office_names(session)["twice"] == chosen


def test_a_table_is_loaded_by_one_session_at_a_time(
    offices: Upstream, database: Postgres, session: Session
) -> None:
    with database.session("other") as other:
        with other.transaction(force_rollback=True):
            assert lock_table(other, tables.get_table(OFFICES))

        with unchanged(session):
            message = refusal(offices)

    assert message == f"Another load of {OFFICES} is running. Wait until it has ended."
    assert offices.load(OFFICES).rows == 10  # the lock was released with its session


def test_two_tables_can_be_loaded_at_the_same_time(offices: Upstream, database: Postgres) -> None:
    with database.session("other") as other:
        assert lock_table(other, tables.get_table("dimpayer"))

        assert offices.load(OFFICES).rows == 10


def test_a_column_that_snowflake_lacks_is_named(offices: Upstream, session: Session) -> None:
    offices.run(f'ALTER TABLE {OFFICES} DROP COLUMN "Office Name"')

    with unchanged(session):
        message = refusal(offices)

    assert f'table {OFFICES} lacks "Office Name"' in message


def test_a_column_that_only_snowflake_has_is_ignored(offices: Upstream, session: Session) -> None:
    offices.run(f'ALTER TABLE {OFFICES} ADD COLUMN "Of Tomorrow" VARCHAR')

    with unchanged(session):
        assert offices.load(OFFICES).rows == 10


def test_a_table_that_snowflake_lacks_is_named(offices: Upstream, session: Session) -> None:
    offices.run(f"DROP TABLE {OFFICES}")

    with unchanged(session):
        message = refusal(offices)

    assert message.startswith(f"Snowflake has no table {OFFICES} in ANALYTICS.BI")


def test_a_value_that_does_not_fit_changes_nothing_and_is_not_shown(
    offices: Upstream, session: Session
) -> None:
    offices.run(f'ALTER TABLE {OFFICES} ALTER COLUMN "Office Name" TYPE VARCHAR(999)')
    offices.run(f"""UPDATE {OFFICES} SET "Office Name" = '{SSN * 60}' WHERE "Office Id" = 'o3'""")

    with unchanged(session):
        message = refusal(offices)

    assert f"{OFFICES}: the value of column Office Name in the row with Office Id o3 is longer" in message
    assert SSN not in message


@pytest.mark.parametrize("event", ["INSERT", "UPDATE", "DELETE"])
def test_an_error_in_the_merge_changes_nothing(offices: Upstream, session: Session, event: str) -> None:
    offices.run(f"""UPDATE {OFFICES} SET "Office Name" = 'x' WHERE "Office Id" = 'o1'""")
    offices.run(f"""DELETE FROM {OFFICES} WHERE "Office Id" = 'o2'""")
    offices.run(f"""INSERT INTO {OFFICES} ("Office Id") SELECT 'new'""")
    refuse(session, OFFICES, event)

    with unchanged(session), pytest.raises(psycopg.errors.RaiseException):
        offices.load(OFFICES)

    allow(session)
    offices.load(OFFICES)
    assert table_rows(session, OFFICES) == offices.rows(OFFICES)


def test_readers_are_not_blocked_and_see_the_old_rows_until_the_commit(
    offices: Upstream, database: Postgres, session: Session
) -> None:
    before = table_rows(session, OFFICES)
    offices.run(f"""UPDATE {OFFICES} SET "Office Name" = 'renamed' WHERE "Office Id" <> 'o0'""")
    offices.run(f"""DELETE FROM {OFFICES} WHERE "Office Id" = 'o1'""")
    offices.run(f"""INSERT INTO {OFFICES} ("Office Id") SELECT 'new'""")
    session.conn.execute("SET lock_timeout = '2s'")

    with database.session("holder") as holder, ThreadPoolExecutor() as threads:
        # The merge waits for the row that it deletes, after it has updated others.
        with holder.transaction():
            holder.conn.execute("""SELECT FROM analytics.dimoffice WHERE "Office Id" = 'o1' FOR UPDATE""")
            load = threads.submit(offices.load, OFFICES)
            wait_until(lambda: waits_for_a_lock(session, "load"), "the merge")
            during = table_rows(session, OFFICES)
            assert not load.done()
        loaded = load.result()

    assert during == before
    assert isinstance(loaded, LoadResult)
    assert table_rows(session, OFFICES) == offices.rows(OFFICES)


def test_the_statement_timeout_of_chunks_does_not_apply(
    offices: Upstream, database: Postgres, session: Session, environment: Callable[..., Postgres]
) -> None:
    offices.run(f"""UPDATE {OFFICES} SET "Office Name" = 'renamed' WHERE "Office Id" = 'o1'""")
    add_trigger(session, OFFICES, "UPDATE", "PERFORM pg_sleep(1.5); RETURN NEW;")
    offices.database = environment(database.conninfo["dbname"], POSTGRES_STATEMENT_TIMEOUT_SECONDS="1")

    assert offices.load(OFFICES).merged.updated == 1


def test_every_table_except_the_status_of_the_load_is_loaded() -> None:
    analytics = {table.name for table in tables.all_tables() if table.schema == "analytics"}

    assert analytics - set(NAMES) == {"factdatarefreshstatus"}
    assert all(table.primary_key for table in LOADED_TABLES)
