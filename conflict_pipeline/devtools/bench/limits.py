"""The ratios above which `conflict-pipeline bench --check` fails; unlike seconds, they hold on any machine.

Change a limit only together with the measured values in its comment.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from conflict_pipeline.devtools.bench.measurement import Measurement


@dataclass(frozen=True)
class Limit:
    """The ratio of a number of candidate `name` to that of candidate `of` must not exceed `maximum`."""

    name: str
    of: str
    maximum: float
    what: str = "seconds"


# Measured on two cores with Postgres 15, at 113,000 rows in 49 chunks / at 20,000 rows in 10; the limits are
# well beyond that: they are for a change that spoils something, not for a slow day.
LIMITS = (
    # 6.1 to 9.8 / 5.0 to 6.5: the rows are marked, visits enriched, pairs evaluated; then comes `limit`.
    Limit("one piece", "limit", 12),
    # 8.5 to 9.2 / 7.3 to 9.6: statements are planned and temporary tables made once for each chunk.
    Limit("chunks, 1 worker", "limit", 18),
    # 0.74 to 0.92 / 0.80: chunks look at the visits that rows name, and not at all with all.
    Limit("chunks, 1 worker", "plain", 1.4),
    # 0.46 to 0.71 / 0.67: on a single core about 1.
    Limit("chunks, 5 workers", "chunks, 1 worker", 1.5),
    # 1.57 / 1.56: the mark is a second version of each row.
    Limit("one piece", "limit", 2.2, "WAL"),
    # 1.21 to 1.36 / 1.27.
    Limit("chunks, 1 worker", "limit", 2.2, "WAL"),
    # 0.11 / 0.03 to 0.09: what has changed is asked of every table; the last checks are of all rows.
    Limit("incremental, no change", "full cycle", 0.25),
    # 0.18 / 0.06 to 0.13: one visit in a hundred is named by two rows in a hundred.
    Limit("incremental, 1 % changed", "full cycle", 0.5),
)
_NUMBERS: dict[str, Callable[[Measurement], float]] = {
    "seconds": lambda measurement: measurement.usage.seconds,
    "WAL": lambda measurement: float(measurement.usage.wal_bytes),
}


def breaches(measurements: Mapping[str, Measurement], limits: Iterable[Limit]) -> list[str]:
    """Return a line for each limit that is exceeded."""
    lines = []
    for limit in limits:
        number = _NUMBERS[limit.what]
        ratio = number(measurements[limit.name]) / number(measurements[limit.of])
        if ratio > limit.maximum:
            found = f"{limit.name}: {ratio:.2f} times the {limit.what} of {limit.of}"
            lines.append(f"{found}, the limit is {limit.maximum:g}")
    return lines
