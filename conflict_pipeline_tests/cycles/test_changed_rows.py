"""What an incremental cycle looks at: the statements that find changed keys, visits and rows."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from psycopg import sql
from psycopg.types.json import Jsonb

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.cycles.transactions import DAY_LATER, SAME_WINDOWS, from_here, own
from conflict_pipeline_tests.rows import DAY, SSN, WINDOW, Row, chunk, cycle, insert, pair, read, visit
from conflict_pipeline_tests.steps.redetect_statements import planned

VISITS = "factvisitcallperformance_cr"


def test_keys_that_were_noted_since_a_transaction_are_in_once_each(scratch: Session) -> None:
    here = own(scratch)
    for key, by in (("old", int(here) - 1), ("now", here), ("later", int(here) + 1), ("now", here)):
        insert(scratch, "conflict_changed_key", table_name="dimuser", key=key, changed_by=str(by))

    with scratch.transaction():
        scratch.execute("cycles/create_changed_key", {"transactions_from": here})
        found = scratch.conn.execute("SELECT * FROM changed_key ORDER BY key").fetchall()
        scratch.conn.execute("DROP TABLE changed_key")

    assert [(row["table_name"], row["key"]) for row in found] == [("dimuser", "later"), ("dimuser", "now")]


CHANGE_C2 = """UPDATE analytics.dimcaregiver SET "Caregiver Code" = 'new' WHERE "Caregiver Id" = 'c2'"""


@pytest.fixture
def start(session: Session) -> str:
    """A transaction after which caregivers c1 to c3 were written."""
    for name in ("c1", "c2", "c3"):
        insert(session, "dimcaregiver", **{"Caregiver Id": name})
    return from_here(session)


def changed(
    session: Session, transactions_from: str, table: str = "dimcaregiver", key: str = "Caregiver Id"
) -> set[tuple[str, str | None]]:
    with session.transaction():
        values = {"transactions_from": transactions_from, "table_name": table}
        session.execute("cycles/create_changed_key", values)
        names = {"table": sql.Identifier(table), "key": sql.Identifier(key)}
        session.execute("cycles/insert_changed_keys", values, **names)
        return {(row["table_name"], row["key"]) for row in session.conn.execute("TABLE changed_key")}


def test_a_row_that_was_inserted_or_updated_since_is_in(session: Session, start: str) -> None:
    session.conn.execute(CHANGE_C2)
    insert(session, "dimcaregiver", **{"Caregiver Id": "c4"})

    assert changed(session, start) == {("dimcaregiver", "c2"), ("dimcaregiver", "c4")}


def test_a_row_that_was_written_before_is_not(session: Session, start: str) -> None:
    assert changed(session, start) == set()


def test_a_deleted_one_is(session: Session, start: str) -> None:
    session.conn.execute("""DELETE FROM analytics.dimcaregiver WHERE "Caregiver Id" = 'c3'""")

    assert changed(session, start) == {("dimcaregiver", "c3")}


def test_what_was_written_under_a_savepoint_is_in(session: Session, start: str) -> None:
    with session.transaction(), session.transaction():
        session.conn.execute(CHANGE_C2)

    assert changed(session, start) == {("dimcaregiver", "c2")}


def test_what_was_rolled_back_is_not(session: Session, start: str) -> None:
    with session.transaction(force_rollback=True):
        session.conn.execute(CHANGE_C2)

    assert changed(session, start) == set()


def test_rows_of_long_ago_that_are_frozen_are_not_in(session: Session, start: str) -> None:
    session.conn.execute("VACUUM (FREEZE) analytics.dimcaregiver")

    assert changed(session, start) == set()


def test_nothing_has_been_written_since_a_transaction_to_come(session: Session, start: str) -> None:
    assert changed(session, str(int(start) + 1000)) == set()


def test_addresses_are_known_by_their_patient(session: Session, start: str) -> None:
    for address, patient in (("a1", "t1"), ("a2", "t1"), ("a3", None)):
        insert(session, "dimpatientaddress", **{"Patient Address Id": address, "Patient Id": patient})

    found = changed(session, start, "dimpatientaddress", "Patient Id")
    assert found == {("dimpatientaddress", "t1"), ("dimpatientaddress", None)}


LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
WRITES = (
    """UPDATE analytics.factvisitcallperformance_cr SET "Is Missed" = TRUE WHERE "Visit Id" = 'v1'""",
    """DELETE FROM analytics.factvisitcallperformance_cr WHERE "Visit Id" = 'v1'""",
    """INSERT INTO analytics.factvisitcallperformance_cr ("Visit Id") VALUES ('v1')
    ON CONFLICT ("Visit Id") DO UPDATE SET "Is Missed" = TRUE""",
)


@pytest.mark.parametrize("updated", [LONG_AGO, datetime(2100, 1, 1, tzinfo=UTC), None])
@pytest.mark.parametrize("statement", WRITES)
def test_a_visit_that_was_written_since_is_in_whatever_the_time_of_its_change(
    session: Session, statement: str, updated: datetime | None
) -> None:
    for name in ("v1", "v2"):
        visit(session, name, {"Updated Datatimestamp": updated})
    start = from_here(session)

    session.conn.execute(statement.encode())

    assert changed(session, start) == {(VISITS, "v1")}


def test_so_is_a_new_one_and_both_ids_of_one_that_gets_another(session: Session) -> None:
    visit(session, "v1", {"Updated Datatimestamp": LONG_AGO})
    start = from_here(session)

    visit(session, "v2", {"Updated Datatimestamp": LONG_AGO})
    session.conn.execute(
        """UPDATE analytics.factvisitcallperformance_cr SET "Visit Id" = 'v3' WHERE "Visit Id" = 'v1'"""
    )

    assert changed(session, start) == {(VISITS, "v1"), (VISITS, "v2"), (VISITS, "v3")}


def test_one_that_was_written_before_is_not_in(session: Session) -> None:
    visit(session, "v1", {"Updated Datatimestamp": None})

    assert changed(session, from_here(session)) == set()


NOTED = {
    "caregiver_id": "c",
    "provider_id": "p",
    "office_id": "o",
    "provider_patient_id": "t",
    "payer_patient_id": "tt",
    "payer_id": "y",
    "contract_id": "k",
    "service_code_id": "s",
    "user_id": "u",
}


def visits_of_changed_keys(
    session: Session, *keys: tuple[str, str | None], windows: Row = SAME_WINDOWS
) -> set[str]:
    """The visits, where these keys of these tables have changed."""
    with session.transaction():
        session.conn.execute("CREATE TEMPORARY TABLE changed_key (table_name text, key text) ON COMMIT DROP")
        for table, key in keys:
            session.conn.execute("INSERT INTO changed_key VALUES (%s, %s)", [table, key])
        session.execute("cycles/create_changed_visit", windows)
        found = {row["visit_id"] for row in session.conn.execute("TABLE changed_visit")}
        session.conn.execute("DROP TABLE changed_key, changed_visit")
    return found


def note(session: Session, name: str, **columns: Any) -> None:
    insert(session, "conflict_visit", visit_id=name, **{"visit_date": DAY, **columns})


@pytest.mark.parametrize(
    ("table", "key"),
    [
        ("dimcaregiver", "c"),
        ("dimprovider", "p"),
        ("dimoffice", "o"),
        ("dimpatient", "t"),
        ("dimpatient", "tt"),
        ("dimpatientaddress", "t"),
        ("dimpatientaddress", "tt"),
        ("dimpayer", "y"),
        ("dimcontract", "k"),
        ("dimservicecode", "s"),
        ("dimuser", "u"),
    ],
)
def test_a_visit_is_enriched_from_each_of_these(scratch: Session, table: str, key: str) -> None:
    note(scratch, "v1", **NOTED)
    note(scratch, "v2", **{name: f"other {value}" for name, value in NOTED.items()})
    note(scratch, "v3")

    assert visits_of_changed_keys(scratch, (table, key)) == {"v1"}


def test_the_key_of_another_table_does_not_count(scratch: Session) -> None:
    note(scratch, "v1", **dict.fromkeys(NOTED, "x"))

    assert visits_of_changed_keys(scratch, ("conflictvisitmaps", "x"), ("dimuser", None)) == set()


def test_a_visit_that_has_changed_itself_need_not_be_noted(scratch: Session) -> None:
    note(scratch, "v2")

    assert visits_of_changed_keys(scratch, ("factvisitcallperformance_cr", "v1")) == {"v1"}


@pytest.mark.parametrize(
    ("day", "is_in"),
    [
        pytest.param(WINDOW["window_start"], True, id="left"),
        pytest.param(WINDOW["window_start"] + timedelta(days=1), False, id="still in"),
        pytest.param(WINDOW["window_end"], False, id="in as before"),
        pytest.param(WINDOW["window_end"] + timedelta(days=1), True, id="entered"),
        pytest.param(WINDOW["window_end"] + timedelta(days=2), False, id="still out"),
        pytest.param(None, False, id="no date"),
    ],
)
def test_a_date_that_has_come_into_the_window_or_left_it_counts(
    scratch: Session, day: Any, is_in: bool
) -> None:
    note(scratch, "v1", visit_date=day)

    assert visits_of_changed_keys(scratch, windows=DAY_LATER) == ({"v1"} if is_in else set())
    assert visits_of_changed_keys(scratch) == set()


CHANGE_ROW_2 = """UPDATE conflict.conflictvisitmaps SET "StatusFlag" = 'W' WHERE "ID" = 2"""
WRITTEN_BY_CHUNK = """UPDATE conflict.conflict_chunk SET state = %s, {} = x.xid8
    FROM (SELECT pg_current_xact_id() AS xid8) AS x"""


@pytest.fixture
def opened(session: Session) -> Row:
    """The base, and rows 1 to 3 that were written before it."""
    for number in (1, 2, 3):
        pair(session, number, VisitID=f"v{number}", ConVisitID=f"v{number + 10}")
    base = cycle(session, cycle_key="c1", state="completed")
    chunk(session, base)
    return {**base, "transactions_from": from_here(session)}


def scope(session: Session, base: Row, *changed_visits: str, windows: Row = SAME_WINDOWS) -> list[Row]:
    """The rows of the scope of a new cycle, where these visits have changed since the base."""
    values = {
        "baseline_cycle_id": base["cycle_id"],
        "transactions_from": base["transactions_from"],
        **windows,
    }
    with session.transaction(force_rollback=True):
        session.conn.execute("CREATE TEMPORARY TABLE changed_visit (visit_id text) ON COMMIT DROP")
        for visit_id in changed_visits:
            session.conn.execute("INSERT INTO changed_visit VALUES (%s)", [visit_id])
        session.execute("cycles/insert_changed_rows", {**values, "cycle_id": cycle(session)["cycle_id"]})
        return sorted(read(session, "conflict_changed_row"), key=lambda row: int(row["row_id"]))


def ids(session: Session, base: Row, *changed_visits: str, windows: Row = SAME_WINDOWS) -> list[int]:
    return [int(row["row_id"]) for row in scope(session, base, *changed_visits, windows=windows)]


def test_where_nothing_has_changed_there_is_none(session: Session, opened: Row) -> None:
    assert ids(session, opened) == []


@pytest.mark.parametrize("visit_id", ["v2", "v12"])
def test_a_row_is_in_for_either_of_its_visits(session: Session, opened: Row, visit_id: str) -> None:
    assert ids(session, opened, visit_id, "another") == [2]


def test_a_row_without_visits_is_in_for_none(session: Session, opened: Row) -> None:
    session.conn.execute('UPDATE conflict.conflictvisitmaps SET "VisitID" = NULL, "ConVisitID" = NULL')

    assert ids(session, {**opened, "transactions_from": from_here(session)}, "v1") == []


def test_a_row_that_was_written_since_is_in(session: Session, opened: Row) -> None:
    session.conn.execute(CHANGE_ROW_2)
    pair(session, 4, VisitID=None)

    assert ids(session, opened) == [2, 4]


@pytest.mark.parametrize("columns", [{"CONFLICTID": None}, {"VisitDate": None}, {"VisitDate": "1990-01-01"}])
def test_one_that_is_not_eligible_is_not(session: Session, opened: Row, columns: dict[str, Any]) -> None:
    pair(session, 4, **columns)

    assert ids(session, opened, "v1") == [1]


def test_it_has_the_key_that_it_has_now(session: Session, opened: Row) -> None:
    pair(session, 4, SSN=None)

    (first, second) = scope(session, opened, "v1")[:1] + scope(session, opened)
    assert (first["visit_date"], first["ssn"]) == (DAY, SSN)
    assert (second["visit_date"], second["ssn"]) == (DAY, "")


@pytest.mark.parametrize(("state", "is_in"), [("completed", False), ("failed", True), ("running", True)])
def test_what_a_completed_chunk_wrote_is_not(session: Session, opened: Row, state: str, is_in: bool) -> None:
    with session.transaction():
        session.conn.execute(CHANGE_ROW_2)
        session.conn.execute(WRITTEN_BY_CHUNK.format("written_by").encode(), [state])

    assert ids(session, opened) == ([2] if is_in else [])


def test_what_others_have_written_after_the_chunk_is(session: Session, opened: Row) -> None:
    with session.transaction():
        session.conn.execute(CHANGE_ROW_2)
        session.conn.execute(WRITTEN_BY_CHUNK.format("written_by").encode(), ["completed"])
    session.conn.execute(CHANGE_ROW_2)

    assert ids(session, opened) == [2]


def test_what_a_chunk_wrote_does_not_hide_that_a_visit_has_changed(session: Session, opened: Row) -> None:
    with session.transaction():
        session.conn.execute(CHANGE_ROW_2)
        session.conn.execute(WRITTEN_BY_CHUNK.format("written_by").encode(), ["completed"])

    assert ids(session, opened, "v2") == [2]


@pytest.mark.parametrize(
    ("day", "is_in"),
    [
        pytest.param(WINDOW["window_start"], False, id="left"),
        pytest.param(WINDOW["window_end"], False, id="in as before"),
        pytest.param(WINDOW["window_end"] + timedelta(days=1), True, id="entered"),
    ],
)
def test_a_row_that_was_not_in_the_window_is_in(session: Session, opened: Row, day: Any, is_in: bool) -> None:
    pair(session, 4, VisitDate=day)

    found = ids(session, {**opened, "transactions_from": from_here(session)}, windows=DAY_LATER)
    assert found == ([4] if is_in else [])


MONTH = {"days": 30}


def closed(session: Session, *, later: int = 0, **columns: Any) -> Row:
    """A cycle that is completed as of this transaction or one that is `later`."""
    inputs = Jsonb({"transactions_from": own(session, later)})
    return cycle(session, inputs=inputs, planned_at=datetime.now(UTC), state="completed", **columns)


def base(session: Session) -> Row | None:
    return session.row("cycles/select_baseline", MONTH)


def test_before_any_cycle_there_is_no_baseline(scratch: Session) -> None:
    assert base(scratch) is None


def test_the_newest_completed_cycle_is_the_baseline_with_its_window_and_inputs(session: Session) -> None:
    with session.transaction():
        closed(session, cycle_key="c1", closed_by=own(session))
        newest = closed(session, cycle_key="c2", closed_by=own(session))
        cycle(session, cycle_key="c3")
        transactions_from = own(session)

    assert base(session) == {
        "cycle_id": newest["cycle_id"],
        "cycle_key": "c2",
        "is_comparable": True,
        "inputs": {"transactions_from": transactions_from},
        **WINDOW,
    }


@pytest.mark.parametrize(
    ("later", "columns"),
    [
        pytest.param(0, {"closed_by": None}, id="not closed by the pipeline"),
        pytest.param(0, {"closed_by": "3"}, id="another version of the row"),
        pytest.param(1000, {}, id="transactions of the future"),
        pytest.param(-2_000_000_100, {}, id="too many transactions ago"),
    ],
)
def test_one_of_another_server_or_of_too_many_transactions_ago_is_not_comparable(
    session: Session, later: int, columns: dict[str, Any]
) -> None:
    with session.transaction():
        closed(session, later=later, **{"closed_by": own(session), **columns})

    found = base(session)
    assert found is not None
    assert found["is_comparable"] is False


@pytest.mark.parametrize(
    ("ago", "is_base"), [(timedelta(days=29, hours=23), True), (timedelta(days=30), False)]
)
def test_one_of_too_many_days_ago_is_none(scratch: Session, ago: timedelta, is_base: bool) -> None:
    row = scratch.conn.execute("SELECT now() AS now").fetchone()
    assert row is not None
    cycle(scratch, state="completed", planned_at=row["now"] - ago)

    assert (base(scratch) is not None) is is_base


def inputs(session: Session) -> Row:
    return session.one("cycles/select_inputs", planned(session))


def test_the_inputs_of_an_empty_database_are_known_too(scratch: Session) -> None:
    found = inputs(scratch)

    assert int(found.pop("transactions_from")) > 0
    assert found.pop("time_zone") == "UTC"
    assert set(found.values()) == {None}


def test_the_same_rows_in_another_order_are_the_same(scratch: Session) -> None:
    values = [{"ID": 1, "ProviderID": "p1"}, {"ID": 2, "ProviderID": "p2"}]
    found = []
    for order in (values, values[::-1]):
        with scratch.transaction(force_rollback=True):
            for row in order:
                insert(scratch, "excluded_agency", **row)
                insert(scratch, "mph", ID=row["ID"], From=row["ID"])
            found.append([inputs(scratch)[name] for name in ("exclusions", "speed_bands")])

    assert found[0] == found[1]


def test_an_agency_is_no_ssn(scratch: Session) -> None:
    found = []
    for table, column in (("excluded_agency", "ProviderID"), ("excluded_ssn", "SSN")):
        with scratch.transaction(force_rollback=True):
            insert(scratch, table, ID=1, **{column: "900000001"})
            found.append(inputs(scratch)["exclusions"])

    assert found[0] != found[1]


def test_no_row_of_exclusions_is_legible(scratch: Session) -> None:
    insert(scratch, "excluded_ssn", ID=1, SSN="900000001")

    assert "900000001" not in repr(inputs(scratch))


def test_a_running_transaction_may_not_have_been_seen(scratch: Session) -> None:
    running = own(scratch)

    assert int(inputs(scratch)["transactions_from"]) <= int(running)


IDS = {
    "Caregiver Id": "caregiver_id",
    "Provider Id": "provider_id",
    "Office Id": "office_id",
    "Provider Patient Id": "provider_patient_id",
    "Payer Patient Id": "payer_patient_id",
    "Payer Id": "payer_id",
    "Contract Id": "contract_id",
    "Service Code Id": "service_code_id",
    "Visit Updated User Id": "user_id",
}


def note_visits(session: Session, *names: str | None) -> int:
    """These visits; returns how many were written."""
    named = sql.SQL("SELECT unnest({}::text[]) AS visit_id").format([*names])
    return session.execute("cycles/upsert_visits", visit_ids=named).rowcount


def noted(session: Session) -> list[Row]:
    return read(session, "conflict_visit")


def test_of_a_visit_it_is_noted_what_it_is_enriched_from(scratch: Session) -> None:
    visit(scratch, "v1", {name: f"id of {name}" for name in IDS})

    assert note_visits(scratch, "v1") == 1

    wanted = {column: f"id of {name}" for name, column in IDS.items()}
    assert noted(scratch) == [{"visit_id": "v1", "visit_date": DAY, **wanted}]


def test_a_visit_that_is_named_twice_or_not_there_or_not_known_does_no_harm(scratch: Session) -> None:
    visit(scratch, "v1")

    assert note_visits(scratch, "v1", "v1", "unknown", None) == 1


def test_a_visit_that_is_not_named_is_not_noted(scratch: Session) -> None:
    visit(scratch, "v1")

    assert note_visits(scratch, "v2") == 0
    assert noted(scratch) == []


def test_what_is_noted_already_is_not_written(scratch: Session) -> None:
    visit(scratch, "v1", {"Office Id": None})
    note_visits(scratch, "v1")

    assert note_visits(scratch, "v1") == 0


def test_a_note_follows_its_visit(scratch: Session) -> None:
    visit(scratch, "v1", dict.fromkeys(IDS, "old"))
    note_visits(scratch, "v1")
    for name, column in IDS.items():
        update = sql.SQL("UPDATE analytics.factvisitcallperformance_cr SET {} = NULL")
        scratch.conn.execute(update.format(sql.Identifier(name)))

        assert note_visits(scratch, "v1") == 1
        assert noted(scratch)[0][column] is None
    scratch.conn.execute('UPDATE analytics.factvisitcallperformance_cr SET "Visit Date" = NULL')

    assert note_visits(scratch, "v1") == 1
    assert noted(scratch)[0]["visit_date"] is None


def test_keys_are_forgotten_that_are_older_than_a_cycle_of_so_many_days_ago(scratch: Session) -> None:
    scratch.conn.execute(
        """INSERT INTO conflict.conflict_changed_key (table_name, key, changed_at)
        SELECT 'dimuser', ago, now() - ago::interval
        FROM unnest(ARRAY['31 days 1 second', '30 days 23 hours', '0 days']) AS ago"""
    )
    forget = {"days": 31}

    assert scratch.execute("cycles/delete_old_keys", forget).rowcount == 0

    cycle(
        scratch,
        planned_at=datetime.now(UTC) - timedelta(days=32),
        inputs=Jsonb({"transactions_from": own(scratch, later=1)}),
    )
    scratch.execute("cycles/delete_old_keys", forget)

    assert {row["key"] for row in read(scratch, "conflict_changed_key")} == {"30 days 23 hours", "0 days"}
