"""Every figure on the demo's sample, recomputed in Python from the rows of the conflict table."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from conflict_pipeline.cycles import ledger
from conflict_pipeline.devtools.demo.counts import SampleCounts
from conflict_pipeline.errors import PipelineError
from conflict_pipeline.model import GUARD_COLUMNS, RULE_COLUMNS, Cycle
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.report.figures import LIMITS, Report, compute, travel_grid
from conflict_pipeline_tests.report.cycles import complete
from conflict_pipeline_tests.rows import Row, pair, read
from conflict_pipeline_tests.small_cycles import SMALL, cycle_states, plan, three_rows

MAX_PLAUSIBLE = 10_000


class Recomputed:
    """The rows of the conflict table, grouped in Python."""

    def __init__(self, session: Session, cycle: Cycle) -> None:
        self.eligible = [
            row
            for row in read(session, "conflictvisitmaps")
            if row["CONFLICTID"] is not None
            and row["VisitDate"] is not None
            and cycle.window_start <= row["VisitDate"] <= cycle.window_end
        ]
        self.current = [row for row in self.eligible if row["UpdateFlag"] is None]
        self.snapshot = {row["ID"]: row for row in read(session, "conflictvisitmaps_temp")}
        self.pairs: dict[frozenset[str], list[Row]] = defaultdict(list)
        for row in self.current:
            self.pairs[frozenset((row["VisitID"], row["ConVisitID"]))].append(row)
        self.visits: dict[str, Row] = {}
        for row in self.current:
            for side in ("", "Con"):
                self.visits[row[f"{side}VisitID"]] = {
                    "amount": row[f"{side}TotalBilledAmount"],
                    "payer": row[f"{side}Contract"],
                    "contract type": row[f"{side}ContractType"],
                    "state": row[f"{side}PayerState"],
                    "provider": row[f"{side}ProviderID"],
                    "ssn": row["SSN"],
                    "date": row["VisitDate"],
                }

    def amount(self, visits: Iterable[str]) -> Decimal:
        """Return the billed amount of these visits, each counted once."""
        amounts = [self.visits[visit]["amount"] for visit in set(visits)]
        return sum((a for a in amounts if a is not None and a <= MAX_PLAUSIBLE), Decimal(0)).quantize(
            Decimal("0.01")
        )


@pytest.fixture(scope="module")
def by_hand(sample_session: Session, sample_cycle: Cycle) -> Recomputed:
    return Recomputed(sample_session, sample_cycle)


def test_totals(sample_report: Report, by_hand: Recomputed, sample: SampleCounts) -> None:
    totals = sample_report.row("totals")

    assert (totals["rows"], totals["eligible_rows"]) == (sample.redetected, sample.eligible)
    assert (totals["not_redetected_rows"], totals["guarded_rows"]) == (sample.not_redetected, sample.guarded)
    assert totals["pairs"] == len(by_hand.pairs)
    assert totals["visits"] == len(by_hand.visits)
    assert totals["aides"] == len({row["SSN"] for row in by_hand.current})
    assert totals["providers"] == len({visit["provider"] for visit in by_hand.visits.values()})
    assert totals["amount"] == by_hand.amount(by_hand.visits)
    assert totals["primary_amount"] == by_hand.amount(row["VisitID"] for row in by_hand.current)
    assert totals["conflicting_amount"] == by_hand.amount(row["ConVisitID"] for row in by_hand.current)
    implausible = [
        v["amount"] for v in by_hand.visits.values() if v["amount"] and v["amount"] > MAX_PLAUSIBLE
    ]
    assert (totals["implausible_visits"], totals["implausible_amount"]) == (
        len(implausible), sum(implausible, Decimal(0)).quantize(Decimal("0.01")),
    )  # fmt: skip


def test_rules(sample_report: Report, by_hand: Recomputed) -> None:
    assert {row["rule"]: (row["pairs"], row["rows"]) for row in sample_report.rows("rules")} == {
        rule: (
            sum(any(row[rule] == "Y" for row in rows) for rows in by_hand.pairs.values()),
            sum(row[rule] == "Y" for row in by_hand.current),
        )
        for rule in RULE_COLUMNS
    }


def test_statuses(sample_report: Report, by_hand: Recomputed) -> None:
    current = Counter(row["StatusFlag"] for row in by_hand.current)
    every = Counter(row["StatusFlag"] for row in by_hand.eligible)

    assert {
        row["status"]: (row["detected_rows"], row["not_detected_rows"])
        for row in sample_report.rows("statuses")
    } == {status: (current[status], count - current[status]) for status, count in every.items()}


def test_months(sample_report: Report, by_hand: Recomputed) -> None:
    pairs = Counter(rows[0]["VisitDate"].replace(day=1) for rows in by_hand.pairs.values())
    visits = defaultdict(set)
    for name, visit in by_hand.visits.items():
        visits[visit["date"].replace(day=1)].add(name)

    found = {row["month"]: (row["pairs"], row["amount"]) for row in sample_report.rows("months")}

    assert found.keys() >= pairs.keys()
    assert found == {month: (pairs[month], by_hand.amount(visits[month])) for month in found}


def test_hours(sample_report: Report, by_hand: Recomputed) -> None:
    counted: Counter[tuple[int, int]] = Counter()
    for rows in by_hand.pairs.values():
        starts = [
            row[f"{side}VisitStartTime"] or row[f"{side}SchStartTime"] for row in rows for side in ("", "Con")
        ]
        counted[rows[0]["VisitDate"].isoweekday(), min(start for start in starts if start).hour] += 1

    assert {(row["weekday"], row["hour"]): row["pairs"] for row in sample_report.rows("hours")} == counted


def between(by_hand: Recomputed) -> dict[frozenset[str], list[list[Row]]]:
    """Return the pairs of visits between any two providers."""
    found = defaultdict(list)
    for rows in by_hand.pairs.values():
        found[frozenset((rows[0]["ProviderID"], rows[0]["ConProviderID"]))].append(rows)
    return found


def test_provider_pairs(sample_report: Report, by_hand: Recomputed) -> None:
    counted = between(by_hand)
    found = sample_report.rows("provider_pairs")

    assert [row["pairs"] for row in found] == sorted(map(len, counted.values()), reverse=True)[: len(found)]
    assert len(found) == LIMITS["provider_pairs"]
    for row in found:
        pairs = counted[frozenset((row["provider_id"], row["con_provider_id"]))]
        visits = {one[side] for rows in pairs for one in rows for side in ("VisitID", "ConVisitID")}
        aides = {one["SSN"] for rows in pairs for one in rows}
        assert (row["pairs"], row["aides"], row["amount"]) == (len(pairs), len(aides), by_hand.amount(visits))


def test_provider_matrix(sample_report: Report, by_hand: Recomputed) -> None:
    counted = between(by_hand)
    found = sample_report.rows("provider_matrix")
    names = {row["rank"]: row["provider_id"] for row in found}

    assert len(found) == LIMITS["providers"] ** 2
    for row in found:
        both = frozenset((row["provider_id"], names[row["con_rank"]]))
        assert row["pairs"] == (len(counted.get(both, [])) if len(both) == 2 else 0)
        assert row["total_pairs"] == sum(len(p) for who, p in counted.items() if row["provider_id"] in who)


def test_payers(sample_report: Report, by_hand: Recomputed) -> None:
    for kind in ("payer", "contract type", "state"):
        counted = Counter(visit[kind] for visit in by_hand.visits.values())
        found = [row for row in sample_report.rows("payers") if row["kind"] == kind]
        named = [row for row in found if not row["is_other"]]
        for row in named:
            visits = {name for name, visit in by_hand.visits.items() if visit[kind] == row["value"]}
            billed = [
                name
                for name in visits
                if (by_hand.visits[name]["amount"] or MAX_PLAUSIBLE + 1) <= MAX_PLAUSIBLE
            ]
            assert (row["visits"], row["amount"]) == (counted[row["value"]], by_hand.amount(visits))
            assert row["billed_visits"] == len(billed)
        assert sum(row["visits"] for row in found) == len(by_hand.visits)
        assert sum((row["amount"] for row in found), Decimal(0)) == by_hand.amount(by_hand.visits)
        assert len([row for row in named if row["value"] is not None]) <= LIMITS["payers"]


def first_rows(by_hand: Recomputed) -> list[Row]:
    """Return the first row of each pair with impossible travel."""
    return [
        min(rows, key=lambda row: int(row["ID"]))
        for rows in by_hand.pairs.values()
        if any(row["DistanceFlag"] == "Y" for row in rows)
    ]


def test_travel(sample_report: Report, by_hand: Recomputed) -> None:
    rows = [row for row in first_rows(by_hand) if row["DistanceMilesFromLatLng"] is not None]
    rows = [row for row in rows if row["MinuteDiffBetweenSch"] is not None]
    found = sample_report.row("travel_range")
    miles = sorted(float(row["DistanceMilesFromLatLng"]) for row in rows)

    assert found["pairs"] == len(rows) > 0
    assert found["median_miles"] == miles[math.ceil(len(miles) / 2) - 1]

    grid = travel_grid(found, sample_report.rows("travel_bands"))
    counted: Counter[tuple[float, float]] = Counter()
    for row in rows:
        place = float(row["DistanceMilesFromLatLng"]), float(row["MinuteDiffBetweenSch"])
        if place[0] < grid["most_miles"] and place[1] < grid["most_minutes"]:
            counted[
                math.floor(place[0] / grid["mile_step"]) * grid["mile_step"],
                math.floor(place[1] / grid["minute_step"]) * grid["minute_step"],
            ] += 1
    assert {(row["miles"], row["minutes"]): row["pairs"] for row in sample_report.rows("travel")} == counted


def test_aides(sample_report: Report, by_hand: Recomputed) -> None:
    counted = Counter(rows[0]["SSN"] for rows in by_hand.pairs.values())
    ids: dict[str, set[str]] = defaultdict(set)
    days: dict[str, set[date]] = defaultdict(set)
    visits: dict[str, set[str]] = defaultdict(set)
    for row in by_hand.current:
        ids[row["SSN"]] |= {row["CaregiverID"], row["ConCaregiverID"]}
        days[row["SSN"]].add(row["VisitDate"])
        visits[row["SSN"]] |= {row["VisitID"], row["ConVisitID"]}
    found = sample_report.rows("aides")

    assert [row["pairs"] for row in found] == [count for _, count in counted.most_common(LIMITS["aides"])]
    for row in found:
        (ssn,) = (ssn for ssn, known in ids.items() if row["caregiver_id"] in known)
        assert row["caregiver_id"] == min(ids[ssn])
        assert (row["caregiver_ids"], row["days"], row["visits"]) == tuple(
            len(things[ssn]) for things in (ids, days, visits)
        )
        assert (row["pairs"], row["amount"]) == (counted[ssn], by_hand.amount(visits[ssn]))


def test_oldest(sample_report: Report, sample_cycle: Cycle, by_hand: Recomputed) -> None:
    dates = sorted(
        min(row["CreatedDate"] for row in rows if row["CreatedDate"])
        for rows in by_hand.pairs.values()
        if any(row["CreatedDate"] for row in rows)
    )
    assert sample_cycle.closed_at is not None
    closed = sample_cycle.closed_at.replace(tzinfo=None)

    assert [row["days"] for row in sample_report.rows("oldest")] == [
        (closed - created).days for created in dates[: LIMITS["oldest"]]
    ]


def test_changes(sample_report: Report, by_hand: Recomputed) -> None:
    reopened = [
        row
        for row in by_hand.current
        if row["ID"] in by_hand.snapshot
        and by_hand.snapshot[row["ID"]]["ConStatusFlag"] not in {"U", "W", "I", None}
        and row["StatusFlag"] == "U"
    ]
    resolved = [
        row
        for row in by_hand.eligible
        if row["UpdateFlag"] is not None
        and row["ResolveDate"] is None
        and not any(row[guard] for guard in GUARD_COLUMNS)
    ]

    assert sample_report.row("changes") == {
        "previous_cycle_key": None,
        "new_rows": None,
        "reopened_rows": len(reopened),
        "resolved_rows": len(resolved),
    }
    assert reopened
    assert resolved


def test_status_moves(sample_report: Report, by_hand: Recomputed) -> None:
    moves: dict[tuple[Any, Any], list[int]] = defaultdict(lambda: [0, 0])
    for row in by_hand.eligible:
        if row["ID"] in by_hand.snapshot:
            before = by_hand.snapshot[row["ID"]]["ConStatusFlag"]
            moves[before, row["StatusFlag"]][row["UpdateFlag"] is not None] += 1

    assert {
        (row["status_before"], row["status_now"]): [row["detected_rows"], row["not_detected_rows"]]
        for row in sample_report.rows("status_moves")
    } == moves


def test_quality(
    sample_report: Report, sample_cycle: Cycle, by_hand: Recomputed, sample: SampleCounts
) -> None:
    def half(row: Row) -> bool:
        return any(
            (row[f"{s}VisitStartTime"] is None) != (row[f"{s}VisitEndTime"] is None) for s in ("", "Con")
        )

    def timeless(row: Row) -> bool:
        return any(
            row[f"{s}VisitStartTime"] is None
            and row[f"{s}VisitEndTime"] is None
            and (row[f"{s}SchStartTime"] is None or row[f"{s}SchEndTime"] is None)
            for s in ("", "Con")
        )

    widths = {
        "AideName": 101,
        "ProviderName": 100,
        "Office": 100,
        "Contract": 50,
        "P_PName": 201,
        "PA_PName": 201,
    }
    counted = {
        "unreadable GPS texts": sample_cycle.counts["redetect"]["bad_gps"],
        "one actual time": sum(map(half, by_hand.eligible)),
        "no times": sum(map(timeless, by_hand.eligible)),
        "no distance": sum(row["DistanceMilesFromLatLng"] is None for row in by_hand.current),
        "no speed": sum(
            row["DistanceMilesFromLatLng"] is not None and not row["AverageMilesPerHour"]
            for row in by_hand.eligible
        ),
        "no SSN": sum(not (row["SSN"] or "").strip(" ") for row in by_hand.eligible),
        "no payer": sum(row["Contract"] is None for row in by_hand.current),
        "cut names": sum(
            any(len(row[f"{s}{name}"] or "") >= width for name, width in widths.items() for s in ("", "Con"))
            for row in by_hand.eligible
        ),
    }
    assert {row["issue"]: row["count"] for row in sample_report.rows("quality")} == counted


def test_a_second_cycle_knows_what_is_new(database: Postgres, session: Session) -> None:
    three_rows(session)
    before = complete(database, session, SMALL)
    pair(session, 4)

    changes = compute(session, complete(database, session, SMALL), database.settings).row("changes")

    assert changes == {
        "previous_cycle_key": before.cycle_key, "new_rows": 1, "reopened_rows": 1, "resolved_rows": 1,
    }  # fmt: skip


def test_without_rows_every_figure_is_empty_or_zero(empty_report: Report) -> None:
    assert set(empty_report.row("totals").values()) == {0}
    assert {row["count"] for row in empty_report.rows("quality")} == {0}
    names = ("hours", "aides", "travel", "payers", "oldest")
    assert [name for name in names if empty_report.rows(name)] == []


def test_one_row_is_one_pair(one_row_report: Report) -> None:
    totals = one_row_report.row("totals")

    assert [totals[name] for name in ("rows", "pairs", "visits", "aides", "providers")] == [1, 1, 2, 1, 2]


def test_a_cycle_that_is_not_completed_has_no_report(database: Postgres, session: Session) -> None:
    three_rows(session)
    plan(session)

    with pytest.raises(PipelineError, match="is open: an HTML report needs a completed cycle"):
        compute(session, ledger.require_cycle(session), database.settings)

    assert cycle_states(session) == ["open"]


def test_every_figure_has_a_definition_and_types_that_do_not_depend_on_its_rows(
    sample_report: Report, empty_report: Report
) -> None:
    for name, figure in sample_report.figures.items():
        assert len(figure.definition) > 40
        assert "Values:" not in figure.definition
        assert figure.as_arrow().num_rows == len(figure.rows)
        assert figure.as_arrow().schema == figure.schema == empty_report.figures[name].schema


@pytest.mark.parametrize(
    ("miles", "minutes", "grid"),
    [
        (None, None, {"mile_step": 1, "most_miles": 40, "minute_step": 1, "most_minutes": 40}),
        (81.5, 6, {"mile_step": 2.5, "most_miles": 100, "minute_step": 5, "most_minutes": 200}),
        (10, 500, {"mile_step": 1, "most_miles": 40, "minute_step": 15, "most_minutes": 600}),
    ],
)
def test_the_grid_holds_the_travel_and_what_it_needs(
    miles: float | None, minutes: float | None, grid: dict[str, float]
) -> None:
    bands: list[Row] = [
        {"from_miles": 0.0, "to_miles": 500.0, "miles_per_hour": 30.0},
        {"from_miles": 500.0, "to_miles": 600.0, "miles_per_hour": None},
    ]

    assert travel_grid({"most_miles": miles, "most_minutes": minutes}, bands) == grid
