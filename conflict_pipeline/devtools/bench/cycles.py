"""Whole cycles one after another on one clone: a full one, and those that look only at what has changed."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from conflict_pipeline.cycles.settings import CycleSettings
from conflict_pipeline.devtools.bench import outcome, steps
from conflict_pipeline.devtools.bench.databases import Databases
from conflict_pipeline.devtools.bench.measurement import Measurement
from conflict_pipeline.devtools.bench.meter import measure
from conflict_pipeline.errors import PipelineError
from conflict_pipeline.model import Cycle
from conflict_pipeline.postgres.database import Postgres

FULL = "cycle, full"
UNCHANGED = "cycle, nothing changed"
CHANGED = "cycle, 1 % of visits changed"
WORKERS = 5


class Cycles:
    """Task 01, plan, chunks by five workers, end and all checks: each cycle is measured as a whole."""

    def __init__(self, databases: Databases, settings: CycleSettings) -> None:
        self._databases = databases
        self._full = replace(settings, mode="full")
        self._changed = replace(settings, mode="incremental")

    def measure(self, clone: Postgres) -> Iterator[Measurement]:
        """FULL, UNCHANGED and CHANGED; raises PipelineError if one looks at or writes what it should not."""
        yield replace(self._measure(clone, FULL, self._full), outcome=outcome.read(clone))

        unchanged = self._measure(clone, UNCHANGED, self._changed)
        if unchanged.rows or unchanged.written:
            raise PipelineError(
                f"Nothing had changed, but the cycle looked at {unchanged.rows} rows "
                f"and wrote {unchanged.written}."
            )
        yield replace(unchanged, outcome=outcome.read(clone))

        change_visits(clone)
        yield self._measure(clone, CHANGED, self._changed)
        self._require_nothing_left(clone)

    def _measure(self, clone: Postgres, name: str, settings: CycleSettings) -> Measurement:
        self._databases.checkpoint(clone)
        (opened, closed), usage = measure(self._databases.server, clone, lambda: _work(clone, settings))
        if closed.mode != settings.mode:
            raise PipelineError(f"Candidate {name} has looked at every row: {closed.mode_reason}.")
        return Measurement(
            name,
            usage,
            rows=closed.planned,
            chunks=closed.chunks,
            written=steps.written_rows(closed),
            snapshot_seconds=opened.step_seconds,
            plan_seconds=opened.plan.seconds,
        )

    def _require_nothing_left(self, clone: Postgres) -> None:
        """A cycle that looks at every row finds none that the one before it should have written."""
        _, closed = _work(clone, self._full)
        if steps.written_rows(closed):
            raise PipelineError(
                f"Candidate {CHANGED} missed {steps.written_rows(closed)} rows that a full cycle writes. "
                "It is wrong, so its times mean nothing."
            )


def change_visits(clone: Postgres) -> int:
    """Change one visit in a hundred; returns how many."""
    with clone.session("bench") as session:
        return session.execute("bench/update_visits").rowcount


def summary(measurements: Mapping[str, Measurement]) -> str:
    """What it saves to look only at what has changed, in one line."""
    full = measurements[FULL].usage.seconds

    def share(name: str) -> str:
        return f"{100 * measurements[name].usage.seconds / full:.1f} %"

    return (
        f"With mode incremental: nothing changed {share(UNCHANGED)} of a full cycle, "
        f"{measurements[UNCHANGED].written:,} rows written; 1 % of visits changed {share(CHANGED)}, "
        f"{measurements[CHANGED].written:,} rows written."
    )


def _work(clone: Postgres, settings: CycleSettings) -> tuple[steps.StartedCycle, Cycle]:
    opened = steps.start(clone, settings)
    steps.process(clone, opened.plan.partition_keys, WORKERS)
    return opened, steps.close(clone)
