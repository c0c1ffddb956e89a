"""Numbers, parents, notifications and computed columns in the reference: cases worked out by hand."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from conflict_pipeline_tests.reference.computed_columns import computed_columns, rate_a_minute, reverse_uuid
from conflict_pipeline_tests.reference.kinds import Kind
from conflict_pipeline_tests.reference.world import (
    DAY,
    DETECTED_AT,
    Tables,
    at,
    detect,
    hours,
    kept_visit,
    new_world,
    pair,
    row,
)

EARLIER, LATER = at("00:00", DAY - timedelta(days=9)), at("00:00", DAY - timedelta(days=8))
AS_EVENT = {"PTOStartDate": at("00:00"), "PTOEndDate": at("00:00")}


def rows(*values: Mapping[str, Any]) -> Tables:
    """Rows of conflictvisitmaps alone, with the IDs 1, 2, …; each is of v1 and v2, and has no number."""
    blank = {"CONFLICTID": None, "CreatedDate": LATER}
    return new_world(
        conflictvisitmaps=[
            pair({**blank, "ID": Decimal(number), **row_}) for number, row_ in enumerate(values, start=1)
        ]
    )


def numbers(tables: Tables, last_number: int = 0, **changes: Any) -> list[int | None]:
    """The CONFLICTIDs after the cycle, in the order of the rows."""
    after = detect(tables, last_number, **changes).tables["conflictvisitmaps"]
    return [row_["CONFLICTID"] for row_ in after]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param([{}, {"ConVisitID": "v3"}], [1, 1], id="one visit"),
        pytest.param([{}, {"VisitID": "v2"}], [1, 2], id="two visits"),
        pytest.param([{}, {"AppVisitID": "x"}], [1, 1], id="whatever its application id"),
        pytest.param(
            [{"ProviderID": "p1"}, {"ProviderID": "p2"}], [1, 1], id="a visit, whatever its provider"
        ),
        pytest.param(
            [{**AS_EVENT, "ProviderID": "p1"}, {**AS_EVENT, "ProviderID": "p2"}],
            [1, 2],
            id="two agencies' events",
        ),
        pytest.param([{**AS_EVENT, "ProviderID": "p1"}] * 2, [1, 1], id="one event"),
        pytest.param(
            [{"ConPTOStartDate": at("00:00"), "ConPTOEndDate": at("00:00")}, {}],
            [1, 1],
            id="a visit, whatever it conflicts with",
        ),
        pytest.param([{"VisitID": None}, {"VisitID": ""}, {}], [None, None, 1], id="no visit, no number"),
        pytest.param([{**AS_EVENT, "ProviderID": None}], [None], id="an event of no agency"),
        pytest.param([{"VisitDate": None}, {"VisitDate": DAY - timedelta(days=900)}], [1, 1], id="any date"),
        pytest.param([{}, {"CONFLICTID": Decimal(7)}], [7, 7], id="joins a conflict that is there"),
        pytest.param(
            [
                {},
                {"CONFLICTID": Decimal(9)},
                {"CONFLICTID": Decimal(7), "StatusFlag": "D", "VisitDate": None},
            ],
            [7, 9, 7],
            id="the lowest one, and the others keep theirs",
        ),
        pytest.param(
            [{"VisitID": text} for text in ("b", "B", "a", "é", "z")],
            [3, 1, 2, 5, 4],
            id="byte by byte",
        ),
        pytest.param(
            [{**AS_EVENT, "VisitID": "e", "ProviderID": name} for name in ("p9", "p10", "P9")],
            [3, 2, 1],
            id="then by provider",
        ),
    ],
)
def test_rows_of_one_primary_have_one_number(values: list[Any], expected: list[int | None]) -> None:
    assert numbers(rows(*values)) == expected


@pytest.mark.parametrize(
    "table", ["conflicts", "conflictvisitmaps_temp", "notifications", "conflict_commu_inters"]
)
def test_a_number_is_never_used_twice(table: str) -> None:
    tables = rows({}, {"VisitID": "v9", "CONFLICTID": Decimal(20)})
    blank: dict[str, Any] = {
        "CONFLICTID": None,
        "ProviderID": None,
        "AppProviderID": None,
        "NotificationType": None,
    }
    used: Tables = {**tables, table: [{**blank, "CONFLICTID": Decimal(30)}, blank]}

    assert numbers(tables, last_number=3)[0] == 21
    assert numbers(used)[0] == 31
    assert numbers(used, last_number=40)[0] == 41


def test_a_deleted_conflict_gets_another_number() -> None:
    visits = [kept_visit(n, actual=hours("09:00", "11:00")) for n in (1, 2)]
    first = detect(new_world(*visits))
    tables = {**first.tables, "conflictvisitmaps": [], "conflicts": [], "notifications": []}

    again = detect(tables, int(first.numbering.last_number))

    assert sorted(row_["CONFLICTID"] for row_ in first.inserted.values()) == [1, 2]
    assert sorted(row_["CONFLICTID"] for row_ in again.inserted.values()) == [3, 4]


def test_numbers_and_primaries_with_several_are_counted() -> None:
    outcome = detect(
        rows(
            {"CONFLICTID": Decimal(7)},
            {"CONFLICTID": Decimal(8)},
            {"ConVisitID": "v3"},
            {"ConVisitID": "v4"},
            {"VisitID": "v5"},
        )
    )

    found = outcome.numbering
    assert (found.numbered, found.reused, found.new, found.primaries_with_several) == (3, 1, 1, 1)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param([{}], [LATER], id="its own"),
        pytest.param(
            [{}, {"CONFLICTID": Decimal(7), "CreatedDate": EARLIER}], [EARLIER] * 2, id="the oldest"
        ),
        pytest.param(
            [{}, {"CONFLICTID": Decimal(7), "CreatedDate": EARLIER, "VisitDate": None}],
            [EARLIER] * 2,
            id="in the window or not",
        ),
        pytest.param(
            [{}, {"CONFLICTID": Decimal(7), "CreatedDate": EARLIER, "CRDATEUNIQUE": at("01:00")}],
            [EARLIER, at("01:00")],
            id="one that is there stays",
        ),
        pytest.param([{"CreatedDate": None}], [None], id="no date"),
        pytest.param([{"CreatedDate": None}, {"ConVisitID": "v3"}], [LATER] * 2, id="a date that is known"),
        pytest.param([{"VisitID": None}], [None], id="no number"),
    ],
)
def test_a_conflict_is_as_old_as_its_oldest_row(values: list[Any], expected: list[datetime | None]) -> None:
    after = detect(rows(*values)).tables["conflictvisitmaps"]

    assert [row_["CRDATEUNIQUE"] for row_ in after] == expected


def test_every_number_has_one_parent() -> None:
    old = row("conflicts", {"CONFLICTID": Decimal(7), "StatusFlag": "R"})
    tables = rows(
        {"CONFLICTID": Decimal(7)},
        {"CONFLICTID": Decimal(8), "VisitID": "v8", "VisitDate": DAY - timedelta(days=900)},
        {"VisitID": "v9"},
    )

    outcome = detect({**tables, "conflicts": [old]})

    blank = row("conflicts", {"RECORDEDDATETIME": DETECTED_AT, "CreatedDate": at("00:00"), "StatusFlag": "U"})
    assert outcome.tables["conflicts"] == [
        old,
        {**blank, "CONFLICTID": 8},
        {**blank, "CONFLICTID": 9},
    ]


AGENCY = {"ProviderID": "p1", "AppProviderID": "1"}
NEW_CONFLICT = {**AGENCY, "CONFLICTID": Decimal(1), "NotificationType": "New Conflict"}


@pytest.mark.parametrize(
    ("values", "known", "agencies"),
    [
        pytest.param([AGENCY], [], {("p1", "1")}, id="one"),
        pytest.param([AGENCY, AGENCY], [], {("p1", "1")}, id="not one a row"),
        pytest.param(
            [AGENCY, {**AGENCY, "AppProviderID": None}],
            [],
            {("p1", "1"), ("p1", None)},
            id="one for each agency",
        ),
        pytest.param([AGENCY], [NEW_CONFLICT], set(), id="there already"),
        pytest.param(
            [{**AGENCY, "AppProviderID": None}],
            [{**NEW_CONFLICT, "AppProviderID": None}],
            set(),
            id="there already, NULL equals NULL",
        ),
        pytest.param(
            [AGENCY], [{**NEW_CONFLICT, "NotificationType": "Resolved"}], {("p1", "1")}, id="other type"
        ),
        pytest.param([AGENCY], [{**NEW_CONFLICT, "AppProviderID": "2"}], {("p1", "1")}, id="other agency"),
        pytest.param(
            [AGENCY, {**AGENCY, "VisitDate": None, "ProviderID": "p2"}],
            [],
            {("p1", "1"), ("p2", "1")},
            id="rows outside the window too",
        ),
    ],
)
def test_each_agency_of_a_new_parent_is_notified_once(
    values: list[Any], known: list[dict[str, Any]], agencies: set[tuple[str, str | None]]
) -> None:
    # The number of a notification counts as used, so the conflict already has it, without a parent.
    tables = rows(*({"CONFLICTID": Decimal(1), **row_} for row_ in values))

    outcome = detect({**tables, "notifications": known})

    new = outcome.numbering.notifications
    assert {(found["ProviderID"], found["AppProviderID"]) for found in new} == agencies
    assert len(new) == len(agencies)
    assert outcome.tables["notifications"] == [*known, *new]
    for found in new:
        assert (found["CONFLICTID"], found["NotificationType"]) == (1, "New Conflict")
        assert (found["CreatedDate"], found["CreatedDateTime"]) == (DAY, DETECTED_AT)
        assert (found["ReadUnreadFlag"], found["Contract"]) == (None, None)


def test_an_old_parent_and_a_setting_notify_of_nothing() -> None:
    tables = rows({"CONFLICTID": Decimal(1), **AGENCY})

    assert detect({**tables, "conflicts": [{"CONFLICTID": Decimal(1)}]}).numbering.notifications == []
    assert detect(tables, notifications=False).numbering.notifications == []


def test_too_many_new_rows_stay_without_a_number_unless_they_are_accepted() -> None:
    two = [{}, {**AS_EVENT, "ProviderID": "p1"}]
    known = {"CONFLICTID": Decimal(7), "VisitID": "v9"}

    refused = detect(rows(*two, known), max_new_rows=1)

    assert refused.numbering.refused == {Kind.VISIT_PAIR: 1, Kind.PTO: 1}
    assert [row_["CONFLICTID"] for row_ in refused.tables["conflictvisitmaps"]] == [None, None, 7]
    assert refused.tables["conflicts"] == refused.tables["notifications"] == []
    assert numbers(rows(*two, known), max_new_rows=2) == [8, 9, 7]
    assert numbers(rows(*two, known), max_new_rows=1, accept_new_rows=True) == [8, 9, 7]


def test_a_table_that_held_no_row_has_no_limit() -> None:
    visits = [kept_visit(n, actual=hours("09:00", "11:00")) for n in (1, 2)]

    outcome = detect(new_world(*visits), max_new_rows=0)

    assert (outcome.numbering.numbered, outcome.numbering.refused) == (2, {})


# Columns computed from the row itself.


def ids(*values: str | None) -> dict[str, Any]:
    names = ("VisitID", "AppVisitID", "ConVisitID", "ConAppVisitID")
    return row("conflictvisitmaps", dict(zip(names, values, strict=True)))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (("v1", "1", "v2", "2"), "v1~1_v2~2"),
        (("v2", "2", "v1", "1"), "v1~1_v2~2"),
        (("a", "1", "B", "1"), "B~1_a~1"),
        (("v", "é", "v", "z"), "v~z_v~é"),
        (("v1", "1", "v1", "10"), "v1~1_v1~10"),
        # A tilde comes after all letters: the texts are compared, not the ids.
        (("v", "1", "v1", "1"), "v1~1_v~1"),
        (("", "", "v", "1"), "v~1_~"),
        (("v" * 50, "1" * 50, "w" * 50, "1"), "v" * 50 + "~" + "1" * 49),
        ((None, "1", "v2", "2"), None),
        (("v1", None, "v2", "2"), None),
        (("v1", "1", None, "2"), None),
        (("v1", "1", "v2", None), None),
    ],
)
def test_the_key_of_a_pair_is_the_same_in_both_directions(
    values: tuple[str | None, ...], expected: str | None
) -> None:
    assert reverse_uuid(ids(*values)) == expected
    assert reverse_uuid(ids(*values[2:], *values[:2])) == expected


@pytest.mark.parametrize("there", ["old", ""])
def test_a_key_that_is_there_stays(there: str) -> None:
    assert computed_columns({**ids("v1", "1", "v2", "2"), "ReverseUUID": there})["ReverseUUID"] == there


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"VisitStartTime": 1, "SchStartTime": 2, "SchEndTime": 3}, (1, 3)),
        ({"SchStartTime": 2, "VisitEndTime": 4, "SchEndTime": 3}, (2, 4)),
        ({"InserviceStartDate": 5, "InserviceEndDate": 6}, (5, 6)),
        ({"VisitStartTime": 1, "InserviceStartDate": 5, "InserviceEndDate": 6}, (1, 6)),
        ({"PTOStartDate": 7, "PTOEndDate": 8}, (None, None)),
        ({}, (None, None)),
    ],
)
def test_a_shift_is_the_first_known_time_column_by_column(
    values: dict[str, int], expected: tuple[int | None, int | None]
) -> None:
    def shift(prefix: str) -> list[Any]:
        named = {prefix + name: at(f"0{hour}:00") for name, hour in values.items()}
        computed = computed_columns(row("conflictvisitmaps", named))
        letter = "C" if prefix else ""
        return [computed[f"{letter}ShVT{end}Time"] for end in ("ST", "EN")]

    clocks = [None if hour is None else at(f"0{hour}:00") for hour in expected]
    assert (shift(""), shift("Con")) == (clocks, clocks)


def money(
    kind: str | None,
    rate: str | None,
    billed: str | None = None,
    paid: str | None = None,
    *,
    until: str = "10:00",
) -> dict[str, Any]:
    """The columns of a rate for a schedule from 09:00; `paid` are the billed hours."""
    start, end = hours("09:00", until or None)
    return {
        "RateType": kind,
        "BillRateBoth": rate and Decimal(rate),
        "Billed": billed,
        "BilledHours": paid and Decimal(paid),
        "SchStartTime": start,
        "SchEndTime": end,
    }


@pytest.mark.parametrize(
    ("columns", "rate"),
    [
        (money("Hourly", "60"), "1"),
        (money("Hourly", "20", "yes"), "0.333333333333333"),
        (money("Hourly", "40"), "0.666666666666667"),
        (money("Hourly", None), "0"),
        (money("Hourly", "0"), "0"),
        (money("Hourly", "-60"), "0"),
        (money("hourly", "60"), "0"),
        (money(None, "60"), "0"),
        (money("Weekly", "60"), "0"),
        (money("Daily", "60"), "1"),
        (money("Visit", "60", "no", "2"), "1"),
        (money("Visit", "60", "Yes", "2"), "1"),
        (money("Visit", "60", "yes", "2"), "0.5"),
        # One division: 20 / (0.7 x 60) is 0.476190476190476190…
        (money("Daily", "20", "yes", "0.7"), "0.476190476190476"),
        (money("Daily", "60", "yes", "0"), "0"),
        (money("Daily", "60", "yes", "-1"), "0"),
        (money("Daily", "60", "yes", None), "0"),
        (money("Daily", "60", until="09:00"), "0"),
        (money("Daily", "60", until="08:00"), "0"),
        (money("Daily", "60", until=""), "0"),
        # 0.000001 / 60 is 0.000000016666666666…
        (money("Hourly", "0.000001"), "0.000000016666667"),
        # Half a minute.
        ({**money("Daily", "60"), "SchEndTime": at("09:00") + timedelta(seconds=30)}, "120"),
    ],
)
def test_the_rate_a_minute_is_exact_and_rounded_once(columns: dict[str, Any], rate: str) -> None:
    conflicting = {f"Con{name}": value for name, value in columns.items()}
    both = row("conflictvisitmaps", {**columns, **conflicting})

    assert rate_a_minute(both, "") == rate_a_minute(both, "Con") == Decimal(rate)


@pytest.mark.parametrize(
    ("values", "computed"),
    [
        ({}, True),
        ({"CONFLICTID": None, "VisitID": None}, True),
        ({"InserviceStartDate": at("00:00")}, True),
        ({"VisitDate": DAY + timedelta(days=2)}, False),
        ({"VisitDate": None}, False),
    ],
    ids=["any row", "without number", "of no kind", "after the window", "without date"],
)
def test_every_row_of_the_window_ends_with_its_computed_columns(
    values: dict[str, Any], computed: bool
) -> None:
    (after,) = detect(rows({"CONFLICTID": Decimal(7), "SchEndTime": at("10:00"), **values})).tables[
        "conflictvisitmaps"
    ]

    assert after["ShVTENTime"] == (at("10:00") if computed else None)
    assert after["BilledRateMinute"] == (0 if computed else None)
