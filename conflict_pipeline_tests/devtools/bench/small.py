"""A small sample, which has three chunks, and measurements with invented numbers."""

from dataclasses import replace
from typing import Any

from conflict_pipeline.devtools.bench.databases import PREFIX
from conflict_pipeline.devtools.bench.measurement import Measurement, Usage
from conflict_pipeline.devtools.demo.sample import SampleSize
from conflict_pipeline.postgres.session import Session

SIZE = SampleSize(conflict_rows=1_000, visits=1_100)
CHUNK_ROWS = 400


def names(session: Session, token: str) -> list[str]:
    """Return the names of the databases of the benchmark with this token."""
    rows = session.conn.execute(
        "SELECT datname FROM pg_database WHERE starts_with(datname, %s) ORDER BY oid", [f"{PREFIX}{token}_"]
    ).fetchall()
    return [row["datname"] for row in rows]


def measurement(name: str, seconds: float = 1.0, **usage: Any) -> Measurement:
    default = Usage(
        seconds, client_cpu_seconds=0.5, wal_bytes=100, temp_bytes=0, client_bytes=None, server_bytes=None
    )
    return Measurement(name, replace(default, **usage), rows=10)
