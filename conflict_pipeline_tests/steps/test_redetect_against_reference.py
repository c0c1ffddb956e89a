"""The SQL of step redetect against the reference: every column of every row, and the counts.

A cycle is planned and its chunks are processed as the jobs do it. The worlds are the same in every run.
"""

import json
from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import hypothesis
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from psycopg import sql

from conflict_pipeline.cycles import ledger
from conflict_pipeline.cycles.settings import CycleSettings
from conflict_pipeline.model import RULE_COLUMNS, Window
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.reference import Expected, comparison, expected_after_cycle
from conflict_pipeline_tests.reference.comparison import LEDGER, USED, Tables, identifier
from conflict_pipeline_tests.reference.world import at, band, hours, pair, row, visit, world
from conflict_pipeline_tests.steps.worlds import make_world

# The days of the worlds are fixed, for the sake of summer time: the window must always reach them.
LOOKBACK_YEARS = 50
UNKNOWN = hours(None, None)
# The same examples in every run, so that only a change of the rules can make the test fail.
EXAMPLES = hypothesis.settings(
    max_examples=45,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@pytest.mark.parametrize("zone", ["UTC", "America/New_York"])
def test_a_cycle_leaves_what_the_reference_expects(database: Postgres, zone: str) -> None:
    with in_zone(database, zone).session("test") as session:
        window = ledger.current_window(session, chunk_settings(1))

        @EXAMPLES
        @given(st.integers(4, 8), st.integers(0, 2**32), st.sampled_from([10_000, 10]))
        def check(count: int, seed: int, chunk_size: int) -> None:
            tables = make_world(count, seed, ZoneInfo(zone), window)
            compare(session, tables, chunk_settings(chunk_size))

        check()


def test_the_worlds_hold_every_rule_and_every_exception() -> None:
    zone, window = ZoneInfo("UTC"), Window(date(1976, 1, 1), date(2027, 1, 1))
    seen: Counter[str] = Counter()
    for seed in range(60):
        tables = make_world(6, seed, zone, window)
        expected = expected_after_cycle(tables, window.window_start, window.window_end, zone)
        seen.update(expected.by_rule)
        seen.update(guarded=expected.guarded, bad_gps=expected.bad_gps, kept=expected.not_redetected)

    assert min(seen[name] for name in (*RULE_COLUMNS, "guarded", "bad_gps", "kept")) > 1


@pytest.mark.parametrize(
    ("left_at", "right_at", "miles"),
    [
        pytest.param(None, None, None, id="nowhere"),
        pytest.param("0,0", None, None, id="only the primary known"),
        pytest.param(",", "0,0", None, id="only the conflicting known"),
        pytest.param("91,0", "0,0", None, id="bad text"),
        pytest.param("40.7,-73.9", "40.7,-73.9", "0.00", id="same place"),
        # pi x 6,371,000 metres are 12,436.8 miles.
        pytest.param("40.7,-73.9", "-40.7,106.1", "12436.83", id="antipodes"),
        pytest.param("90,0", "-90,77", "12436.83", id="poles"),
        pytest.param("90,0", "90,120", "0.00", id="one pole"),
    ],
)
def test_a_distance_needs_all_four_coordinates(
    session: Session, left_at: str | None, right_at: str | None, miles: str | None
) -> None:
    visits = (
        visit(1, {"Call Out GPS Coordinates": left_at}, scheduled=UNKNOWN, actual=hours("09:00", "11:00")),
        visit(2, {"Call In GPS Coordinates": right_at}, scheduled=UNKNOWN, actual=hours("09:00", "11:00")),
    )

    expected = compare(session, world(*visits))

    distance = expected.rows[Decimal(1)]["DistanceMilesFromLatLng"]
    assert distance == (miles and Decimal(miles))


@pytest.mark.parametrize("place", [None, "0,0"])
def test_an_unknown_place_is_not_too_far_away(session: Session, place: str | None) -> None:
    visits = (
        visit(1, {"Call Out GPS Coordinates": place}, scheduled=UNKNOWN, actual=hours("09:00", "11:00")),
        visit(2, {}, scheduled=UNKNOWN, actual=hours("11:01", "12:00")),
    )

    assert compare(session, world(*visits)).redetected == 0


@pytest.mark.parametrize(
    ("gap", "speed", "rule"),
    [
        # 0.69 miles at 1 mile an hour take 41.4 minutes.
        pytest.param(timedelta(minutes=41, seconds=23.999999), 1, {"DistanceFlag": 2}, id="below"),
        pytest.param(timedelta(minutes=41, seconds=24), 1, {}, id="equal"),
        # At 72 they take exactly 0.575 minutes, rounded 34.8 seconds; but 0.69 / 72 is no finite decimal.
        pytest.param(timedelta(seconds=34.5), 72, {"DistanceFlag": 2}, id="half a hundredth rounded up"),
    ],
)
def test_a_gap_is_compared_with_the_exact_eta(
    session: Session, gap: timedelta, speed: int, rule: dict[str, int]
) -> None:
    visits = (
        visit(1, {"Call In GPS Coordinates": "0,0"}, scheduled=UNKNOWN, actual=hours("09:00", "11:00")),
        visit(
            2, {"Call In GPS Coordinates": "0,1"}, scheduled=UNKNOWN, actual=(at("11:00") + gap, at("13:00"))
        ),
    )
    both_ways = [pair({}), pair({"ID": Decimal(2), "VisitID": "v2", "ConVisitID": "v1"})]
    extra = [row("settings", {"ID": Decimal(0), "ExtraDistancePer": Decimal("0.01")})]
    tables = world(*visits, mph=[band(1, 0, 1, speed)], settings=extra, conflictvisitmaps=both_ways)

    assert compare(session, tables).by_rule == rule


def compare(session: Session, tables: Tables, settings: CycleSettings | None = None) -> Expected:
    """Fill the database with the tables, run one cycle, and compare; returns what was expected."""
    fill(session, tables)
    return comparison.compare(session, settings or chunk_settings(10_000))


def chunk_settings(chunk_size: int) -> CycleSettings:
    return CycleSettings(target_chunk_size=chunk_size, lookback_years=LOOKBACK_YEARS)


def fill(session: Session, tables: Tables) -> None:
    """Replace what the database holds."""
    with session.transaction(), session.conn.pipeline():
        for name in (*LEDGER, *USED):
            session.conn.execute(sql.SQL("DELETE FROM {}").format(identifier(session, name)), ())
        for name, rows in tables.items():
            records = [{key: value for key, value in row.items() if value is not None} for row in rows]
            session.conn.execute(
                sql.SQL("INSERT INTO {0} SELECT * FROM json_populate_recordset(NULL::{0}, %s)").format(
                    identifier(session, name)
                ),
                [json.dumps(records, default=str)],
            )


def in_zone(database: Postgres, zone: str) -> Postgres:
    return Postgres(database.settings.model_copy(update={"report_timezone": zone}), database.conninfo)
