from datetime import UTC, datetime, timedelta, timezone

import pytest

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import read

MOMENT = datetime(2026, 3, 2, 12, 0, 0, 123456, tzinfo=UTC)


def upsert(
    session: Session, watermark: datetime | None, table_name: str = "visits", *, is_whole: bool = False
) -> int:
    values = {"table_name": table_name, "watermark": watermark, "is_whole": is_whole}
    return session.execute("loads/upsert_watermark", values).rowcount


def watermarks(session: Session) -> dict[str, datetime]:
    return {row["table_name"]: row["watermark"] for row in read(session, "load_watermark")}


def test_the_first_is_set(scratch: Session) -> None:
    upsert(scratch, MOMENT)

    assert watermarks(scratch) == {"visits": MOMENT}


@pytest.mark.parametrize("change", [timedelta(microseconds=1), timedelta(0), -timedelta(days=1)])
def test_another_takes_its_place_and_says_when(scratch: Session, change: timedelta) -> None:
    upsert(scratch, MOMENT)
    upsert(scratch, MOMENT, "deleted")
    ((_, before),) = [row for row in loaded_at(scratch) if row[0] == "visits"]

    assert upsert(scratch, MOMENT + change) == 1

    assert watermarks(scratch) == {"deleted": MOMENT, "visits": MOMENT + change}
    ((_, after),) = [row for row in loaded_at(scratch) if row[0] == "visits"]
    assert after > before


def test_none_leaves_the_old_one(scratch: Session) -> None:
    upsert(scratch, MOMENT)
    before = read(scratch, "load_watermark")

    assert upsert(scratch, None) == 0
    assert read(scratch, "load_watermark") == before


def test_none_is_no_first_one(scratch: Session) -> None:
    assert upsert(scratch, None) == 0
    assert watermarks(scratch) == {}


def test_a_moment_is_the_same_in_every_zone(scratch: Session) -> None:
    upsert(scratch, MOMENT.astimezone(timezone(timedelta(hours=-5))))

    assert watermarks(scratch) == {"visits": MOMENT}


def test_a_load_of_the_whole_says_when_and_one_of_changes_leaves_that(scratch: Session) -> None:
    upsert(scratch, MOMENT)
    assert whole_at(scratch) is None

    upsert(scratch, MOMENT, is_whole=True)
    first = whole_at(scratch)
    assert first is not None

    upsert(scratch, MOMENT + timedelta(days=1))
    assert whole_at(scratch) == first

    upsert(scratch, MOMENT, is_whole=True)
    assert whole_at(scratch) != first


def whole_at(session: Session) -> datetime | None:
    (row,) = read(session, "load_watermark")
    moment: datetime | None = row["whole_at"]
    return moment


def loaded_at(session: Session) -> list[tuple[str, datetime]]:
    return [(row["table_name"], row["loaded_at"]) for row in read(session, "load_watermark")]
