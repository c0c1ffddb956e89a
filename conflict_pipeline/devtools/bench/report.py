"""The output of a benchmark: tables for a terminal, JSON for programs."""

import os
import platform
from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

from rich import box
from rich.table import Table

from conflict_pipeline.devtools.bench.measurement import Measurement
from conflict_pipeline.postgres.session import Session

# They influence the times of a server, so two servers are comparable only if these are known.
_SERVER_SETTINGS = [
    "server_version",
    "shared_buffers",
    "work_mem",
    "maintenance_work_mem",
    "temp_buffers",
    "effective_cache_size",
    "max_wal_size",
    "wal_buffers",
    "wal_compression",
    "wal_level",
    "checkpoint_timeout",
    "fsync",
    "synchronous_commit",
    "full_page_writes",
    "max_parallel_workers_per_gather",
    "random_page_cost",
    "jit",
    "autovacuum",
    "huge_pages",
]
_PACKAGES = ("conflict-pipeline", "dagster", "psycopg")
_MIB = 1024 * 1024
# Field of as_dict, digits, unit.
_Column = tuple[str, int, int]
_TIMES: dict[str, _Column] = {
    "seconds": ("seconds", 2, 1),
    "x limit": ("ratio", 2, 1),
    "rows/s": ("rows_per_second", 0, 1),
    "chunks": ("chunks", 0, 1),
}
_RESOURCES: dict[str, _Column] = {
    "WAL\nMiB": ("wal_bytes", 0, _MIB),
    "temp\nMiB": ("temp_bytes", 0, _MIB),
    "client\nCPU s": ("client_cpu_seconds", 1, 1),
    "client\nMiB": ("client_bytes", 0, _MIB),
    "server\nMiB": ("server_bytes", 0, _MIB),
    "Dagster\ns/chunk": ("dagster_cpu_seconds_per_chunk", 3, 1),
}
NOTE = (
    "x limit: ratio of the seconds. Rows: those that a candidate looks at. WAL: of the whole server. Temp: "
    "files, without tables. Client: CPU time and peak memory of the working process. Server: largest private "
    "memory of one of its processes. Dagster: CPU seconds of a job minus those of the same cycle without "
    "Dagster and those of a job without work, per chunk."
)


def environment(session: Session) -> dict[str, Any]:
    """Return versions, machine and server settings, without which the numbers are meaningless."""
    rows = session.rows("bench/select_server_settings", {"names": _SERVER_SETTINGS})
    server = {row["name"]: row["value"] for row in rows}
    return {
        "versions": {
            "postgres": server.pop("server_version"),
            "python": platform.python_version(),
            **{name: version(name) for name in _PACKAGES},
        },
        "machine": {"cpus": os.cpu_count(), "system": platform.system(), "architecture": platform.machine()},
        "server": server,
    }


def as_dict(measurement: Measurement, limit: Measurement) -> dict[str, Any]:
    """Return one candidate of the JSON; all candidates have the same names, null for a missing number."""
    values = asdict(measurement)
    usage = values.pop("usage")
    del values["outcome"]
    return {
        **values,
        **usage,
        "ratio": usage["seconds"] / limit.usage.seconds if measurement.is_update else None,
        "wal_ratio": usage["wal_bytes"] / limit.usage.wal_bytes if measurement.is_update else None,
        "rows_per_second": measurement.rows_per_second,
    }


def as_tables(measurements: Mapping[str, Measurement]) -> list[Table]:
    """Return two tables that fit into 80 columns: times, and other resources."""
    limit = measurements["limit"]
    rows = {name: as_dict(one, limit) for name, one in measurements.items()}
    return [
        _table("Times", None, rows, _TIMES),
        _table("Resources", NOTE, rows, _RESOURCES),
    ]


def _table(
    title: str, caption: str | None, rows: Mapping[str, Mapping[str, Any]], columns: Mapping[str, _Column]
) -> Table:
    table = Table(
        title=title,
        caption=caption,
        caption_justify="left",
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        pad_edge=False,
        show_edge=False,
    )
    table.add_column("candidate", no_wrap=True)
    for heading in columns:
        table.add_column(heading, justify="right", vertical="bottom")
    for name, values in rows.items():
        table.add_row(
            name, *(_number(values[field], digits, unit) for field, digits, unit in columns.values())
        )
    return table


def _number(value: float | None, digits: int, unit: int) -> str:
    return "" if value is None else f"{value / unit:,.{digits}f}"
