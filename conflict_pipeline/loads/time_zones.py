"""Conversions between dates and timestamps, as Postgres makes them in a session with a given time zone."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - the epoch of local times
_DAY_MICROSECONDS = 86_400_000_000
# Arrow applies summer time up to 2037 only.
_FIRST_UNKNOWN = datetime(2037, 12, 1)  # noqa: DTZ001


def cast_temporal(values: pa.Array, wanted: pa.DataType, zone: ZoneInfo) -> pa.Array:
    """Return timestamps or dates as `wanted`; raise ArrowInvalid for a time of day that a date would lose."""
    found = values.type
    if pa.types.is_date(found):
        values = values.cast(pa.timestamp("us"))
    has_zone = pa.types.is_timestamp(found) and found.tz is not None
    if pa.types.is_date(wanted):
        local = _to_local(values, zone) if has_zone else values.cast(pa.timestamp("us"))
        if pc.any(pc.not_equal(pc.floor_temporal(local, unit="day"), local)).as_py():
            raise pa.ArrowInvalid("a date has no time of day")
        return local.cast(wanted)
    if has_zone and wanted.tz is None:
        return _to_local(values, zone)
    if wanted.tz is not None and not has_zone:
        return _to_instant(values.cast(pa.timestamp("us")), zone).cast(wanted)
    return values.cast(wanted)


def _to_local(values: pa.Array, zone: ZoneInfo) -> pa.Array:
    instants = values.cast(pa.timestamp("us", tz="UTC"))
    if _is_known(instants):
        try:
            return pc.local_timestamp(instants.cast(pa.timestamp("us", tz=zone.key)))
        except (
            pa.ArrowInvalid
        ):  # Arrow uses the system's time zones, which may be missing; Python has its own
            pass
    return _shift_each(instants, lambda moment: _offset_at(moment, zone))


def _to_instant(values: pa.Array, zone: ZoneInfo) -> pa.Array:
    """Read local times; those that the clocks show twice or skip are in standard time, as in Postgres."""
    if _is_known(values):
        try:
            return pc.assume_timezone(values, zone.key, ambiguous="latest", nonexistent="raise")
        except pa.ArrowInvalid:  # a time that the clocks skip, or no time zones on the system
            pass
    instants = _shift_each(values, lambda moment: -_standard_offset(moment, zone))
    return instants.cast(pa.timestamp("us", tz="UTC"))


def _is_known(values: pa.Array) -> bool:
    latest = pc.max(values.cast(pa.int64())).as_py()
    return latest is None or latest < (_FIRST_UNKNOWN - _EPOCH) // timedelta(microseconds=1)


def _shift_each(values: pa.Array, offset_at: Callable[[datetime], timedelta]) -> pa.Array:
    """Shift each value by its offset, in Python: slow, but few batches need it."""
    ticks = values.cast(pa.int64()).to_pylist()
    shifted = [
        None if tick is None else tick + offset_at(_moment(tick)) // timedelta(microseconds=1)
        for tick in ticks
    ]
    return pa.array(shifted, pa.int64()).cast(pa.timestamp("us"))


def _moment(tick: int) -> datetime:
    """Return the time whose offset applies; near the limits of datetime, a time two days away from them."""
    first, last = datetime(1, 1, 3), datetime(9999, 12, 29)  # noqa: DTZ001
    days = tick // _DAY_MICROSECONDS
    if days < (first - _EPOCH).days:
        return first
    return min(last, _EPOCH + timedelta(microseconds=tick)) if days <= (last - _EPOCH).days else last


def _offset_at(moment: datetime, zone: ZoneInfo) -> timedelta:
    offset = moment.replace(tzinfo=UTC).astimezone(zone).utcoffset()
    assert offset is not None
    return offset


def _standard_offset(moment: datetime, zone: ZoneInfo) -> timedelta:
    first, second = (moment.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1))
    assert first is not None
    assert second is not None
    return min(first, second)
