from datetime import date, timedelta

import pytest

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import Row


def window(session: Session, years: int, days: int) -> Row:
    return session.one("cycles/select_window", {"lookback_years": years, "lookahead_days": days})


def today(session: Session) -> date:
    row = session.conn.execute("SELECT current_date AS today").fetchone()
    assert row is not None
    return row["today"]  # type: ignore[no-any-return]


def test_the_window_is_counted_from_today(scratch: Session) -> None:
    now = today(scratch)

    found = window(scratch, 2, 45)

    assert found["window_end"] == now + timedelta(days=45)
    assert found["window_start"].year == now.year - 2
    assert found["window_start"].month == now.month


def test_a_window_of_nothing_is_today(scratch: Session) -> None:
    now = today(scratch)

    assert window(scratch, 0, 0) == {"window_start": now, "window_end": now}


@pytest.mark.parametrize("name", ["window_start", "window_end"])
def test_today_is_the_report_time_zones(scratch: Session, name: str) -> None:
    days = []
    # Between these two zones lie 26 hours: at any moment it is another day in each.
    for zone in ("Etc/GMT+12", "Etc/GMT-14"):
        scratch.conn.execute("SELECT set_config('TimeZone', %s, false)", [zone])
        days.append(window(scratch, 0, 0)[name])

    assert days[0] < days[1]
