"""What a benchmark says: a table for people, JSON for machines."""

import os
import platform
from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

from rich.table import Table

from conflict_pipeline.bench.measurement import Measurement
from conflict_pipeline.resources.postgres import Session

# What decides about the times of a server, and should be known before two of them are compared.
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
NOTE = (
    "x limit: of the seconds. Rows: eligible rows of the window. WAL: of the whole server. Temp: files, no "
    "tables. Client: peak memory of the process that asks. Server: largest private memory of one of its "
    "processes. Dagster: CPU seconds of a job, less those of the same cycle without Dagster, less those of a "
    "job that does nothing, for each chunk."
)


def environment(session: Session) -> dict[str, Any]:
    """Versions, machine and server settings: without them the numbers say nothing."""
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
    """One candidate of the JSON; the same names for every candidate, null where one has no such number."""
    values = asdict(measurement)
    usage = values.pop("usage")
    del values["outcome"]
    has_rows = measurement.outcome is not None
    return {
        **values,
        **usage,
        "ratio": usage["seconds"] / limit.usage.seconds if has_rows else None,
        "wal_ratio": usage["wal_bytes"] / limit.usage.wal_bytes if has_rows else None,
        "rows_per_second": measurement.rows_per_second if has_rows else None,
    }


def as_table(measurements: Mapping[str, Measurement]) -> Table:
    table = Table(title="Candidates", caption=NOTE, caption_justify="left")
    table.add_column("candidate")
    for heading in (
        "seconds",
        "x limit",
        "rows/s",
        "client CPU s",
        "WAL MiB",
        "temp MiB",
        "client MiB",
        "server MiB",
        "chunks",
        "Dagster s/chunk",
    ):
        table.add_column(heading, justify="right")
    limit = measurements["limit"]
    for measurement in measurements.values():
        table.add_row(measurement.name, *_cells(as_dict(measurement, limit)))
    return table


def _cells(values: Mapping[str, Any]) -> list[str]:
    return [
        _number(values["seconds"], 2),
        _number(values["ratio"], 2),
        _number(values["rows_per_second"], 0),
        _number(values["client_cpu_seconds"], 2),
        *(
            _number(values[name], 0, _MIB)
            for name in ("wal_bytes", "temp_bytes", "client_bytes", "server_bytes")
        ),
        _number(values["chunks"], 0),
        _number(values["dagster_cpu_seconds_per_chunk"], 3),
    ]


def _number(value: float | None, digits: int, unit: int = 1) -> str:
    return "" if value is None else f"{value / unit:,.{digits}f}"
