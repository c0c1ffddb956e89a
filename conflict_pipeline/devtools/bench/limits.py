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


# Measured twice with 20,000 rows in 9 chunks, on two busy cores (Postgres 15 and 18). The limits are well
# above the measured values, because they are for a change that spoils something and not for a slow day. In
# parentheses: the values and the limit of the time when rows were marked before they were updated.
LIMITS = (
    # 4.6 to 6.3 (5.0 to 9.8, 12): visits are enriched and pairs evaluated before the update.
    Limit("one piece", "limit", 10),
    # 9.4 to 13.8 (7.3 to 9.6 on idle cores, 18): each chunk plans statements and creates temporary tables.
    Limit("chunks, 1 worker", "limit", 16),
    # 0.89 to 0.97 (0.74 to 0.92, 1.4): chunks read the visits that rows name, and do not join all with all.
    Limit("chunks, 1 worker", "plain", 1.3),
    # 0.25 to 0.34 (0.46 to 0.71, 1.5): about 1 on a single core.
    Limit("chunks, 5 workers", "chunks, 1 worker", 1.2),
    # 1.13 (1.57, 2.2): each row is written once.
    Limit("one piece", "limit", 1.5, "WAL"),
    # 1.14 (1.21 to 1.36, 2.2).
    Limit("chunks, 1 worker", "limit", 1.5, "WAL"),
    # 0.73 to 0.96, 1.1 on a busy machine: rows are compared, not written; the snapshot is still replaced.
    Limit("full cycle, no change", "full cycle", 1.4),
    # 0.09 to 0.16 (0.03 to 0.11 of a more expensive full cycle, 0.25): every table is asked for changes.
    Limit("incremental, no change", "full cycle", 0.25),
    # 0.18 to 0.24 (0.06 to 0.18, 0.5): two rows in a hundred name one visit in a hundred.
    Limit("incremental, 1 % changed", "full cycle", 0.45),
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
