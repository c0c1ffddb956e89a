"""Whole cycles without Dagster, one after another on one clone, in full and in incremental mode."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from conflict_pipeline.cycles import checks, ledger, run, workers
from conflict_pipeline.cycles.checks import TableCheck
from conflict_pipeline.cycles.chunk_runner import ChunkResult
from conflict_pipeline.cycles.settings import CycleSettings
from conflict_pipeline.devtools.bench import outcome
from conflict_pipeline.devtools.bench.databases import Databases
from conflict_pipeline.devtools.bench.measurement import Measurement
from conflict_pipeline.devtools.bench.meter import measure
from conflict_pipeline.errors import PipelineError
from conflict_pipeline.model import Cycle, Plan
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.steps import steps_after_chunks, steps_before_plan

RUN_ID = "bench"
FULL = "full cycle"
FULL_UNCHANGED = "full cycle, no change"
UNCHANGED = "incremental, no change"
CHANGED = "incremental, 1 % changed"
WORKERS = 5


@dataclass(frozen=True)
class StartedCycle:
    """A planned cycle, and the seconds that its steps before the plan took."""

    plan: Plan
    step_seconds: float


def start(clone: Postgres, settings: CycleSettings) -> StartedCycle:
    """Run the steps before the plan, and plan a new cycle with its checks."""
    with clone.session("bench") as session:
        cycle = run.open_or_resume(session, settings, RUN_ID, new_cycle=True, max_age_hours=24)
        results = [run.run_step(session, step, cycle, RUN_ID) for step in steps_before_plan()]
        plan = run.plan_cycle(session, settings, RUN_ID)
        evaluate(session, checks.plan_checks())
    return StartedCycle(plan, sum(result.seconds for result in results))


def process(clone: Postgres, keys: list[str], concurrency: int) -> None:
    """Process these chunks with `concurrency` workers; raise PipelineError if a chunk is not completed."""
    with clone.pool(concurrency) as session_factory:
        for result in workers.process_chunks(
            session_factory, keys, RUN_ID, workers=concurrency, retry_delay=0
        ):
            require_completed(result)


def require_completed(result: object) -> None:
    """Raise PipelineError if the outcome of a chunk is not `completed`."""
    if not (isinstance(result, ChunkResult) and result.outcome == "completed"):
        raise PipelineError(f"A chunk of the benchmark was not completed: {result}")


def evaluate(session: Session, table_checks: list[TableCheck]) -> None:
    """Evaluate the checks, because they are part of a cycle's cost."""
    list(checks.evaluate_all(session, ledger.require_cycle(session), table_checks))


def close(clone: Postgres) -> Cycle:
    """Run the steps after the chunks, close and check the cycle, and return it with its counts."""
    with clone.session("bench") as session:
        cycle = ledger.require_cycle(session)
        for step in steps_after_chunks():
            run.run_step(session, step, cycle, RUN_ID)
        closed, _ = run.finish(session)
        evaluate(session, checks.step_checks())
    return closed


def written_rows(cycle: Cycle) -> int:
    """Return the number of rows of conflictvisitmaps that the cycle wrote."""
    return int(cycle.counts.get("redetect", {}).get("written", 0))


def run_cycle(clone: Postgres, settings: CycleSettings) -> tuple[StartedCycle, Cycle]:
    """Run a whole cycle with its checks, with WORKERS threads."""
    opened = start(clone, settings)
    process(clone, opened.plan.partition_keys, WORKERS)
    return opened, close(clone)


class Cycles:
    """Measures whole cycles: the steps before the plan, plan, chunks, end and all checks."""

    def __init__(self, databases: Databases, settings: CycleSettings) -> None:
        self._databases = databases
        self._full = replace(settings, mode="full")
        self._incremental = replace(settings, mode="incremental")

    def measure(self, clone: Postgres) -> Iterator[Measurement]:
        """Yield FULL, FULL_UNCHANGED, UNCHANGED and CHANGED.

        Raises PipelineError if a cycle looks at or writes rows that it should not, or misses a change.
        """
        yield replace(self._measure(clone, FULL, self._full), outcome=outcome.read(clone))

        full_unchanged = self._measure(clone, FULL_UNCHANGED, self._full)
        if full_unchanged.written:
            raise PipelineError(f"Nothing had changed, but a full cycle wrote {full_unchanged.written} rows.")
        yield replace(full_unchanged, outcome=outcome.read(clone))

        unchanged = self._measure(clone, UNCHANGED, self._incremental)
        if unchanged.rows or unchanged.written:
            raise PipelineError(
                f"Nothing had changed, but the incremental cycle looked at {unchanged.rows} rows "
                f"and wrote {unchanged.written}."
            )
        yield replace(unchanged, outcome=outcome.read(clone))

        change_visits(clone)
        yield self._measure(clone, CHANGED, self._incremental)
        self._require_nothing_left(clone)

    def _measure(self, clone: Postgres, name: str, settings: CycleSettings) -> Measurement:
        self._databases.checkpoint(clone)
        (opened, closed), usage = measure(self._databases.server, clone, lambda: run_cycle(clone, settings))
        if closed.mode != settings.mode:
            raise PipelineError(f"Candidate {name} was a full cycle: {closed.mode_reason}.")
        return Measurement(
            name,
            usage,
            rows=closed.planned,
            chunks=closed.chunks,
            written=written_rows(closed),
            step_seconds=opened.step_seconds,
            plan_seconds=opened.plan.seconds,
        )

    def _require_nothing_left(self, clone: Postgres) -> None:
        """Raise PipelineError if a full cycle writes a row that the incremental one should have written."""
        _, closed = run_cycle(clone, self._full)
        missed = written_rows(closed)
        if missed:
            raise PipelineError(
                f"Candidate {CHANGED} left {missed} rows as they were that a full cycle writes. "
                "Its result is wrong, so its times are void."
            )


def change_visits(clone: Postgres) -> int:
    """Change one visit in a hundred, and return how many."""
    with clone.session("bench") as session:
        return session.execute("bench/update_visits").rowcount


def summary(measurements: Mapping[str, Measurement]) -> str:
    """Return what a cycle without news costs, compared with a full one, in one line for each."""
    full = measurements[FULL].usage.seconds
    return "\n".join(
        f"{name}: {100 * measurements[name].usage.seconds / full:.1f} % of a full cycle, "
        f"{measurements[name].written:,} rows written."
        for name in (FULL_UNCHANGED, UNCHANGED, CHANGED)
    )
