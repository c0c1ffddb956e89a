"""What the reference does to rows, against cases worked out by hand."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from conflict_pipeline.model import RULE_COLUMNS
from conflict_pipeline_tests.reference import NOW, Expected
from conflict_pipeline_tests.reference.numbers import round_half_away, stored, text_of_double
from conflict_pipeline_tests.reference.world import DAY, Tables, at, hours, outcome, pair, row, visit, world

OPEN = hours(None, None)
NINE_TO_ELEVEN = hours("09:00", "11:00")


def same_times(**tables: list[dict[str, Any]]) -> Tables:
    """A world whose pair is re-detected by rule 2, unless `tables` prevents it."""
    visits = [visit(number, {}, scheduled=OPEN, actual=NINE_TO_ELEVEN) for number in (1, 2)]
    return world(*visits, **tables)


@pytest.mark.parametrize(
    "tables",
    [
        {"dimcaregiver": [row("dimcaregiver", {"Caregiver Id": "c1", "SSN": None})]},
        {"dimcaregiver": [row("dimcaregiver", {"Caregiver Id": "c1", "SSN": "  "})]},
        {
            "dimprovider": [
                row("dimprovider", {"Provider Id": name, "Is Active": True, "Is Demo": None})
                for name in ("p1", "p2")
            ]
        },
        {"excluded_ssn": [row("excluded_ssn", {"ID": Decimal(1), "SSN": "900000001 "})]},
        {"excluded_agency": [row("excluded_agency", {"ID": Decimal(1), "ProviderID": "p2"})]},
        {"conflictvisitmaps": [pair({"ConVisitID": "v1"})]},
        {"conflictvisitmaps": [pair({"ConVisitID": None})]},
    ],
    ids=["no SSN", "blank SSN", "demo unknown", "SSN excluded", "agency excluded", "itself", "no visit"],
)
def test_a_pair_that_does_not_qualify_keeps_its_values_and_the_mark(
    tables: Tables,
) -> None:
    before = same_times(**tables)

    result = outcome(before)

    (old,) = before["conflictvisitmaps"]
    assert result.rows == {Decimal(1): {**old, "UpdateFlag": Decimal(1)}}
    assert (result.eligible, result.redetected, result.not_redetected, result.guarded) == (1, 0, 1, 0)


def test_an_exclusion_without_a_value_excludes_nothing() -> None:
    tables = same_times(
        excluded_ssn=[row("excluded_ssn", {"ID": Decimal(1)})],
        excluded_agency=[row("excluded_agency", {"ID": Decimal(1)})],
    )

    assert outcome(tables).redetected == 1


def test_a_redetected_row_is_rewritten_and_keeps_its_parent() -> None:
    old = pair({"SSN": "stale", "ResolveDate": at("08:00"), "PName": "old", "CreatedDate": DAY})

    after = outcome(same_times(conflictvisitmaps=[old])).rows[Decimal(1)]

    assert (after["CONFLICTID"], after["SSN"], after["CreatedDate"]) == (7, "900000001", DAY)
    assert (after["UpdateFlag"], after["ResolveDate"], after["PName"]) == (None, None, None)
    assert (after["StatusFlag"], after["UpdatedDate"]) == ("U", NOW)


@pytest.mark.parametrize(("old", "new"), [("N", "U"), ("D", "U"), ("W", "W"), ("I", "I"), (None, None)])
def test_statuses_that_people_set_stay(old: str | None, new: str | None) -> None:
    assert (
        outcome(same_times(conflictvisitmaps=[pair({"StatusFlag": old})])).rows[Decimal(1)]["StatusFlag"]
        == new
    )


@pytest.mark.parametrize(("old", "new"), [("N", ("Y", "N")), ("Y", ("Y", "Y")), (None, (None, None))])
def test_a_rule_flag_changes_only_from_n(old: str | None, new: tuple[str | None, str | None]) -> None:
    flags = dict.fromkeys(RULE_COLUMNS, old)

    after = outcome(same_times(conflictvisitmaps=[pair(flags)])).rows[Decimal(1)]

    assert (after["SameVisitTimeFlag"], after["SameSchTimeFlag"]) == new


@pytest.mark.parametrize(
    "values", [{"CONFLICTID": None}, {"VisitDate": None}, {"VisitDate": date(2026, 3, 4)}]
)
def test_a_row_that_is_not_eligible_is_not_touched(values: dict[str, Any]) -> None:
    old = pair(values)

    result = outcome(same_times(conflictvisitmaps=[old]))

    assert result == Expected(rows={Decimal(1): old})


def test_a_guarded_row_is_marked_and_otherwise_left_alone() -> None:
    old = pair({"ConPTOEndDate": at("00:00")})

    result = outcome(same_times(conflictvisitmaps=[old]))

    assert result == Expected(rows={Decimal(1): {**old, "UpdateFlag": Decimal(1)}}, eligible=1, guarded=1)


def test_the_newest_gps_address_counts_and_an_unknown_age_is_oldest() -> None:
    def address(name: str, created: int | None, kind: str = "GPS", *, primary: bool = True) -> dict[str, Any]:
        values: dict[str, Any] = {
            "Patient Address Id": name,
            "Patient Id": "pp",
            "Primary Address": primary,
            "Address Type": kind,
        }
        if created:
            values["Application Created UTC Timestamp"] = datetime(created, 1, 1, tzinfo=UTC)
        return row("dimpatientaddress", values)

    visits = [
        visit(number, {"Provider Patient Id": "pp"}, scheduled=OPEN, actual=NINE_TO_ELEVEN)
        for number in (1, 2)
    ]
    addresses = [
        address("a9", None),
        address("a1", 2020),
        address("a3", 2020),
        address("a2", 2020),
        address("a4", 2025, "gps"),
        address("a5", 2025, primary=False),
    ]

    after = outcome(world(*visits, dimpatientaddress=addresses)).rows[Decimal(1)]

    assert (after["P_PAddressID"], after["PLatitude"]) == ("a3", None)


@pytest.mark.parametrize("rows", [0, 2])
def test_settings_without_exactly_one_row_stop_the_cycle(rows: int) -> None:
    with pytest.raises(ValueError, match="exactly one row"):
        outcome(same_times(settings=[row("settings", {"ID": Decimal(n)}) for n in range(rows)]))


def test_numbers_are_kept_as_postgres_keeps_them() -> None:
    assert [str(round_half_away(Decimal(text), 2)) for text in ("0.005", "-0.005", "12.344")] == [
        "0.01",
        "-0.01",
        "12.34",
    ]
    assert [text_of_double(value) for value in (40.0, -73.5, 0.00001, 0.0001)] == [
        "40",
        "-73.5",
        "1e-05",
        "0.0001",
    ]
    assert stored("x" * 30, "varchar(20)") == "x" * 20
    assert stored(Decimal("69.5"), "numeric(38,0)") == 70
