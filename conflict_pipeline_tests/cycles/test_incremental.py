"""Why a cycle is a full or an incremental one, and which rows it looks at, in small cases.

test_incremental_against_reference.py shows that no row is left out.
"""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest

from conflict_pipeline import statements
from conflict_pipeline.cycles import incremental, inputs, ledger, run
from conflict_pipeline.cycles.chunk_runner import process_chunk
from conflict_pipeline.cycles.settings import MODES, CycleSettings
from conflict_pipeline.model import Mode, Plan
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.postgres.triggers import create_triggers
from conflict_pipeline.steps import STEPS
from conflict_pipeline.steps.step import tracked_keys
from conflict_pipeline_tests.rows import DAY, WIDE, band, insert, pair, provider, read, small_world, visit
from conflict_pipeline_tests.small_cycles import SMALL, do

CHANGED = replace(WIDE, mode="incremental")
DETECTED = "U"
PAIRS = 5


@pytest.fixture
def world(session: Session) -> Session:
    """Five independent re-detected pairs of visits, v1a with v2a and so on."""
    small_world(session)
    insert(session, "conflicts", CONFLICTID=7)
    insert(session, "excluded_agency", ID=1, ProviderID="p9")
    insert(session, "excluded_ssn", ID=1, SSN="900000009")
    for number, letter in enumerate("abcde", start=1):
        ssn = f"90000000{number}"
        insert(session, "dimcaregiver", **{"Caregiver Id": f"c{letter}", "SSN": ssn})
        for own in ("p1", "p2"):
            visit(
                session,
                f"v{own[1]}{letter}",
                {
                    "Provider Id": own,
                    "Caregiver Id": f"c{letter}",
                    "Updated Datatimestamp": datetime(2026, 3, 1, tzinfo=UTC),
                },
                scheduled=("09:00", "11:00"),
            )
        pair(session, number, SSN=ssn, VisitID=f"v1{letter}", ConVisitID=f"v2{letter}")
    return session


def run_cycle(database: Postgres, session: Session, settings: CycleSettings = CHANGED) -> Plan:
    """A whole cycle."""
    plan = run.plan_cycle(session, settings, "run")
    do(database, *plan.partition_keys)
    ledger.close_cycle(session, plan.cycle_id)
    return plan


@pytest.fixture
def based(database: Postgres, world: Session) -> Session:
    """The world after a cycle that has noted its inputs."""
    run_cycle(database, world)
    return world


def decided(session: Session, settings: CycleSettings = CHANGED) -> tuple[str, str]:
    with session.transaction(force_rollback=True):
        new = ledger.prepare_cycle(session, settings, "run", run.ASSETS)
        inputs.record_inputs(session, new.cycle_id)
        found = incremental.compare_with_baseline(session, settings.mode, new.cycle_id)
    return found.mode, found.reason


def statuses(session: Session) -> list[tuple[str | None, Any]]:
    return [(row["StatusFlag"], row["UpdateFlag"]) for row in read(session, "conflictvisitmaps")]


def test_it_is_incremental_after_a_completed_cycle(based: Session) -> None:
    (row,) = read(based, "conflict_cycle")

    assert decided(based) == ("incremental", f"what has changed since cycle {row['cycle_key']}")


def test_it_is_full_if_that_is_configured_and_a_baseline_for_the_next(
    database: Postgres, based: Session
) -> None:
    plan = run_cycle(database, based, replace(CHANGED, mode="full"))

    assert (plan.mode, plan.mode_reason, plan.rows) == ("full", "as configured", PAIRS)
    assert decided(based) == ("incremental", f"what has changed since cycle {plan.cycle_key}")


def test_a_second_full_cycle_writes_no_row(database: Postgres, based: Session) -> None:
    versions = "SELECT ctid, xmin FROM conflict.conflictvisitmaps ORDER BY 1"
    before = based.conn.execute(versions).fetchall()

    run_cycle(database, based, replace(CHANGED, mode="full"))

    assert based.conn.execute(versions).fetchall() == before


def test_it_is_full_without_a_baseline(world: Session) -> None:
    assert decided(world) == ("full", "no cycle of the last 30 days has completed")


def test_each_completed_cycle_is_a_baseline_whatever_its_mode(database: Postgres, world: Session) -> None:
    modes: list[Mode] = ["full", "full", "full", "incremental", "incremental", "full", "incremental"]

    plans = [run_cycle(database, world, replace(CHANGED, mode=mode)) for mode in modes]

    assert [plan.mode for plan in plans] == modes
    assert decided(world) == ("incremental", f"what has changed since cycle {plans[-1].cycle_key}")


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param("UPDATE conflict.conflict_cycle SET state = 'open'", id="open"),
        pytest.param("UPDATE conflict.conflict_cycle SET state = 'superseded'", id="superseded"),
        pytest.param(
            "UPDATE conflict.conflict_cycle SET planned_at = now() - interval '30 days'", id="too long ago"
        ),
    ],
)
def test_such_a_cycle_is_no_baseline(based: Session, statement: str) -> None:
    based.conn.execute(statement.encode())

    assert decided(based) == ("full", "no cycle of the last 30 days has completed")


ELSEWHERE = (
    "cycle {} was completed on another server, and its row restored or replicated, or too many transactions "
    "have run since"
)


def restored(database: Postgres, session: Session) -> None:
    """Write the row of the cycle again, as pg_restore does."""
    session.conn.execute(
        """CREATE TEMPORARY TABLE dumped AS TABLE conflict.conflict_cycle;
        DELETE FROM conflict.conflict_chunk; DELETE FROM conflict.conflict_cycle_input;
        DELETE FROM conflict.conflict_cycle;
        INSERT INTO conflict.conflict_cycle OVERRIDING SYSTEM VALUE TABLE dumped"""
    )


def replicated(database: Postgres, session: Session) -> None:
    """Let replication write the row; the number of its transaction happens to be that of the closing."""
    with session.transaction():
        session.conn.execute("SET LOCAL session_replication_role = replica")
        session.conn.execute("UPDATE conflict.conflict_cycle SET closed_by = pg_current_xact_id()")


@pytest.mark.parametrize("write", [restored, replicated])
def test_it_is_full_after_a_cycle_whose_row_another_server_wrote(
    database: Postgres, based: Session, write: Callable[[Postgres, Session], None]
) -> None:
    (row,) = read(based, "conflict_cycle")
    write(database, based)

    assert decided(based) == ("full", ELSEWHERE.format(row["cycle_key"]))
    run_cycle(database, based)
    assert decided(based)[0] == "incremental"


SPEEDS = "the speed bands have changed"
EXCLUSIONS = "the excluded agencies or SSNs have changed"
REWRITTEN = "was emptied, rewritten, altered or replaced"
ROWS = "conflictvisitmaps"


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("SET TimeZone = 'America/New_York'", "the report time zone has changed"),
        ('UPDATE conflict.settings SET "ExtraDistancePer" = 2', 'settings."ExtraDistancePer" has changed'),
        ('UPDATE conflict.settings SET "ExtraDistancePer" = NULL', 'settings."ExtraDistancePer" has changed'),
        ('UPDATE conflict.mph SET "AverageMilesPerHour" = 31', SPEEDS),
        ('INSERT INTO conflict.mph ("ID", "From", "To") VALUES (9, 1, 2)', SPEEDS),
        ("DELETE FROM conflict.mph", SPEEDS),
        ("TRUNCATE conflict.mph", SPEEDS),
        ("""INSERT INTO conflict.excluded_agency ("ID", "ProviderID") VALUES (9, 'p1')""", EXCLUSIONS),
        ("UPDATE conflict.excluded_agency SET \"ProviderID\" = 'p1'", EXCLUSIONS),
        ("DELETE FROM conflict.excluded_agency", EXCLUSIONS),
        ("""INSERT INTO conflict.excluded_ssn ("ID", "SSN") VALUES (9, '900000001')""", EXCLUSIONS),
        ("DELETE FROM conflict.excluded_ssn", EXCLUSIONS),
        (
            'ALTER TABLE conflict.conflictvisitmaps ALTER "AideName" TYPE varchar(5)',
            f"{ROWS} {REWRITTEN}",
        ),
        (
            "INSERT INTO conflict.load_watermark SELECT 'x', now(), now(), now()",
            "visits were loaded as a whole",
        ),
        *(
            (f"{verb} analytics.{name}", f"{name} {REWRITTEN}")
            for verb in ("TRUNCATE", "VACUUM FULL")
            for name in incremental.input_keys()
        ),
        *(
            (f"TRUNCATE conflict.{name}", f"{name} {REWRITTEN}")
            for name in (ROWS, "conflict_visit", "conflict_changed_key")
        ),
        (
            """ALTER TABLE analytics.dimprovider DROP "Is Demo", ADD "Is Demo" boolean DEFAULT TRUE""",
            f"dimprovider {REWRITTEN}",
        ),
        (
            """ALTER TABLE conflict.conflictvisitmaps RENAME TO replaced;
            CREATE TABLE conflict.conflictvisitmaps (LIKE conflict.replaced)""",
            f"{ROWS} {REWRITTEN}",
        ),
        (
            "ALTER TABLE analytics.dimuser SET UNLOGGED",
            "changes of dimuser can be lost, because it is unlogged or partly foreign",
        ),
    ],
)
def test_it_is_full_where_something_has_changed_that_concerns_every_row(
    based: Session, statement: str, reason: str
) -> None:
    based.conn.execute(statement.encode())

    assert decided(based) == ("full", reason)


@pytest.mark.parametrize(
    "statement",
    [
        'UPDATE conflict.settings SET "InProgressFlag" = 1, "ExtraDistance" = 5',
        'UPDATE conflict.mph SET "ID" = "ID"',
        """INSERT INTO conflict.excluded_agency ("ID", "ProviderID") VALUES (9, 'p9')""",
        "DELETE FROM conflict.conflictvisitmaps",
        "TRUNCATE analytics.factvisitcallperformance_deleted_cr",
        "VACUUM analytics.dimcaregiver",
        "CREATE INDEX ON analytics.dimcaregiver ((1))",
    ],
)
def test_it_is_not_where_nothing_of_that_has(based: Session, statement: str) -> None:
    based.conn.execute(statement.encode())

    assert decided(based)[0] == "incremental"


def test_several_reasons_are_all_named(based: Session) -> None:
    based.conn.execute("SET TimeZone = 'America/New_York'; DELETE FROM conflict.mph")

    assert decided(based) == ("full", f"the report time zone has changed; {SPEEDS}")


@pytest.mark.parametrize("changed", ["steps/redetect/create_pairs.sql", "fragments/is_guarded.sql"])
def test_it_is_full_for_a_version_with_another_statement(
    based: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changed: str
) -> None:
    copytree(statements.SQL_FOLDER, tmp_path / "sql")
    monkeypatch.setattr(statements, "SQL_FOLDER", tmp_path / "sql")
    assert decided(based)[0] == "incremental"

    with (tmp_path / "sql" / changed).open("a") as file:
        file.write("-- another\n")

    assert decided(based) == ("full", "this version computes other values")


TRIGGERS = """SELECT tgname FROM pg_trigger WHERE tgrelid = 'analytics.{}'::regclass"""


@pytest.mark.parametrize("name", incremental.input_keys())
def test_it_is_full_where_a_trigger_is_missing_or_was_for_a_time(
    database: Postgres, based: Session, name: str
) -> None:
    names = [row["tgname"] for row in based.conn.execute(TRIGGERS.format(name).encode()).fetchall()]
    assert len(names) == (4 if name == "factvisitcallperformance_cr" else 3)
    missing = f"changes of {name} are not noted; run: conflict-pipeline schema apply"
    created = f"the triggers of {name} were disabled or created, so changes may not have been noted"
    for trigger in names:
        for how in ("DROP TRIGGER {1} ON {0}", "ALTER TABLE {0} DISABLE TRIGGER {1}"):
            with based.transaction(force_rollback=True):
                based.conn.execute(how.format(f"analytics.{name}", trigger).encode())
                assert decided(based) == ("full", missing)
                apply_schema_triggers(based)
                assert decided(based) == ("full", created)


def apply_schema_triggers(session: Session) -> None:
    create_triggers(session, tracked_keys(STEPS))


def test_only_rows_of_a_visit_that_has_changed_are_looked_at(database: Postgres, based: Session) -> None:
    based.conn.execute(
        """UPDATE analytics.factvisitcallperformance_cr
        SET "Provider Id" = 'p3', "Updated Datatimestamp" = now() WHERE "Visit Id" = 'v2c'"""
    )

    plan = run_cycle(database, based)

    assert (plan.mode, plan.rows, plan.keys) == ("incremental", 1, 1)
    rows = read(based, "conflictvisitmaps")
    assert [row["ConProviderID"] for row in rows] == ["p2", "p2", "p3", "p2", "p2"]


def test_rows_that_the_chunks_of_the_baseline_wrote_are_not_looked_at_again(
    database: Postgres, world: Session
) -> None:
    settings = replace(SMALL, mode="incremental")

    plans = [run_cycle(database, world, settings) for _ in range(3)]

    assert [(plan.mode, plan.rows) for plan in plans] == [
        ("full", PAIRS),
        ("incremental", 0),
        ("incremental", 0),
    ]


def test_the_base_of_the_third_cycle_is_the_second(database: Postgres, based: Session) -> None:
    second = run_cycle(database, based)

    assert decided(based) == ("incremental", f"what has changed since cycle {second.cycle_key}")


def test_what_a_superseded_cycle_has_completed_is_not_looked_at_again(
    database: Postgres, world: Session
) -> None:
    settings = replace(SMALL, mode="incremental")
    run_cycle(database, world, settings)
    world.conn.execute("""UPDATE conflict.conflictvisitmaps SET "StatusFlag" = 'R'""")
    broken_off = run.plan_cycle(world, settings, "run")
    do(database, *broken_off.partition_keys[:2])

    plan = run_cycle(database, world, settings)

    assert (broken_off.rows, plan.rows) == (PAIRS, PAIRS - 2)
    assert {status for status, _ in statuses(world)} == {DETECTED}


def excluded(session: Session) -> Callable[[], Any]:
    session.conn.execute("""INSERT INTO conflict.excluded_agency ("ID", "ProviderID") VALUES (9, 'p1')""")
    return lambda: session.conn.execute("""DELETE FROM conflict.excluded_agency WHERE "ProviderID" = 'p1'""")


def in_another_zone(session: Session) -> Callable[[], Any]:
    session.conn.execute("SET TimeZone = 'Asia/Tokyo'")
    return lambda: session.conn.execute("SET TimeZone = 'UTC'")


@pytest.mark.parametrize("mode_in_between", MODES)
@pytest.mark.parametrize("ending", ["completed", "superseded"])
def test_what_a_cycle_in_between_did_by_other_lists_is_looked_at_again(
    database: Postgres, based: Session, mode_in_between: Mode, ending: str
) -> None:
    put_back = excluded(based)
    between = run.plan_cycle(based, replace(CHANGED, mode=mode_in_between), "run")
    do(database, *between.partition_keys)
    assert {flag for _, flag in statuses(based)} == {1}
    if ending == "completed":
        ledger.close_cycle(based, between.cycle_id)
    put_back()

    run_cycle(database, based)

    assert {flag for _, flag in statuses(based)} == {None}


@pytest.mark.parametrize("mode_in_between", MODES)
@pytest.mark.parametrize("ending", ["completed", "superseded"])
def test_what_a_cycle_in_between_did_with_another_window_is_looked_at_again(
    database: Postgres, world: Session, mode_in_between: Mode, ending: str
) -> None:
    """The rows are of today, which each window has; one of their visits is long ago."""
    today = ledger.today(world)
    world.conn.execute('UPDATE conflict.conflictvisitmaps SET "VisitDate" = %s', [today])
    guard = {"InserviceStartDate": DAY}
    pair(world, PAIRS + 1, VisitDate=today, VisitID="v1a", ConVisitID="v2a", **guard)
    run_cycle(database, world)
    world.conn.execute(
        'UPDATE conflict.conflictvisitmaps SET "VisitDate" = %s, "InserviceStartDate" = NULL', [today]
    )
    narrow = replace(CHANGED, lookback_years=0, mode=mode_in_between)
    between = run.plan_cycle(world, narrow, "run")
    do(database, *between.partition_keys)
    assert {flag for _, flag in statuses(world)} == {1}
    if ending == "completed":
        ledger.close_cycle(world, between.cycle_id)

    run_cycle(database, world)

    assert {flag for _, flag in statuses(world)} == {None}


def test_a_row_that_gets_other_visits_while_its_chunk_marks_it_is_looked_at_next_time(
    database: Postgres, world: Session
) -> None:
    world.conn.execute("""UPDATE conflict.conflictvisitmaps SET "ConVisitID" = 'unknown' WHERE "ID" = 3""")
    plan = run.plan_cycle(world, CHANGED, "run")
    with database.session("others") as other, ThreadPoolExecutor(1) as thread:
        with other.transaction():
            other.conn.execute(
                """UPDATE conflict.conflictvisitmaps SET "ConVisitID" = 'v2c' WHERE "ID" = 3"""
            )
            work = thread.submit(lambda: do(database, *plan.partition_keys))
            wait_until_a_session_waits(world)
        work.result()
    ledger.close_cycle(world, plan.cycle_id)

    run_cycle(database, world)

    assert statuses(world) == [(DETECTED, None)] * PAIRS


def wait_until_a_session_waits(session: Session) -> None:
    for _ in range(500):
        if session.conn.execute(
            "SELECT FROM pg_locks WHERE locktype = 'transactionid' AND NOT granted"
        ).rowcount:
            return
        time.sleep(0.02)
    pytest.fail("no session waits")


@pytest.mark.parametrize("ago", [timedelta(0), timedelta(days=1000)])
def test_visits_that_come_into_an_empty_table_are_looked_at_however_old_they_are(
    database: Postgres, session: Session, ago: timedelta
) -> None:
    small_world(session)
    pair(session)
    run_cycle(database, session)
    for name in ("v1", "v2"):
        updated = {"Updated Datatimestamp": datetime.now(UTC) - ago}
        visit(session, name, updated, scheduled=("09:00", "11:00"))

    plan = run_cycle(database, session)

    assert (plan.mode, plan.rows) == ("incremental", 1)
    assert statuses(session) == [(DETECTED, None)]


CHANGE_V1B = """UPDATE analytics.factvisitcallperformance_cr
    SET "Provider Id" = 'p3', "Updated Datatimestamp" = '2020-01-01Z' WHERE "Visit Id" = 'v1b'"""


def test_a_visit_that_arrives_late_is_looked_at_whatever_the_times_of_the_others(
    database: Postgres, world: Session
) -> None:
    world.conn.execute(
        """UPDATE analytics.factvisitcallperformance_cr SET "Updated Datatimestamp" = '2100-01-01Z'
        WHERE "Visit Id" = 'v1a'"""
    )
    run_cycle(database, world)
    world.conn.execute(CHANGE_V1B)

    assert run_cycle(database, world).rows == 1


def test_what_a_prepared_transaction_wrote_is_looked_at_once_it_is_committed(
    database: Postgres, based: Session
) -> None:
    with database.session("others") as other:
        other.conn.execute("BEGIN")
        other.conn.execute(CHANGE_V1B)
        other.conn.execute("DELETE FROM analytics.dimcaregiver WHERE \"Caregiver Id\" = 'ce'")
        other.conn.execute("PREPARE TRANSACTION 'prepared'")
    assert run_cycle(database, based).rows == 0
    based.conn.execute("COMMIT PREPARED 'prepared'")

    plan = run_cycle(database, based)

    assert (plan.mode, plan.rows) == ("incremental", 2)
    assert [flag for _, flag in statuses(based)] == [None, None, None, None, 1]


def test_a_forced_chunk_keeps_to_the_exclusions_that_its_cycle_was_planned_with(
    database: Postgres, world: Session
) -> None:
    plan = run_cycle(database, world)
    excluded(world)
    for key in plan.partition_keys:
        process_chunk(lambda: database.session("test"), key, "run", force=True)

    assert {flag for _, flag in statuses(world)} == {None}
    assert decided(world) == ("full", EXCLUSIONS)


def test_rows_of_a_chunk_that_died_are_looked_at_next_time(database: Postgres, based: Session) -> None:
    settings = replace(SMALL, mode="incremental")
    based.conn.execute("""UPDATE conflict.conflictvisitmaps SET "StatusFlag" = 'R'""")
    plan = run.plan_cycle(based, settings, "run")
    do(database, *plan.partition_keys[1:])
    with ledger.claimed(based, plan.partition_keys[0]) as chunk:
        ledger.start_chunk(based, chunk, "run")

    again = run_cycle(database, based, settings)

    assert again.rows == 1
    assert statuses(based) == [(DETECTED, None)] * PAIRS


def test_a_provider_of_no_visit_concerns_no_row(database: Postgres, based: Session) -> None:
    provider(based, "p8")
    band(based, 2, None, None, None)
    based.conn.execute('DELETE FROM conflict.mph WHERE "ID" = 2')

    assert run_cycle(database, based).rows == 0
