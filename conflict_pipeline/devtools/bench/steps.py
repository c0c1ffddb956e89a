"""The parts of a cycle, run from this process as a job runs them."""

from dataclasses import dataclass

from conflict_pipeline.cycles import checks, ledger, run, workers
from conflict_pipeline.cycles.checks import TableCheck
from conflict_pipeline.cycles.chunk_runner import ChunkResult
from conflict_pipeline.cycles.settings import CycleSettings
from conflict_pipeline.errors import PipelineError
from conflict_pipeline.model import Cycle, Plan
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.steps import steps_before_plan

RUN_ID = "bench"


@dataclass(frozen=True)
class StartedCycle:
    """A planned cycle, and the seconds that its steps before the plan took."""

    plan: Plan
    step_seconds: float


def start(clone: Postgres, settings: CycleSettings) -> StartedCycle:
    """Run the steps before the plan and plan a new cycle, with its checks."""
    with clone.session("bench") as session:
        cycle = run.open_or_resume(session, settings, RUN_ID, new_cycle=True, max_age_hours=24)
        results = [run.run_step(session, step, cycle, RUN_ID) for step in steps_before_plan()]
        plan = run.plan_cycle(session, settings, RUN_ID)
        evaluate(session, checks.plan_checks())
    return StartedCycle(plan, sum(result.seconds for result in results))


def process(clone: Postgres, keys: list[str], concurrency: int) -> None:
    """Process these chunks with `concurrency` workers; PipelineError if one is not completed."""
    with clone.pool(concurrency) as session_factory:
        for result in workers.process_chunks(
            session_factory, keys, RUN_ID, workers=concurrency, retry_delay=0
        ):
            require_completed(result)


def require_completed(result: object) -> None:
    if not (isinstance(result, ChunkResult) and result.outcome == "completed"):
        raise PipelineError(f"A chunk of the benchmark was not completed: {result}")


def evaluate(session: Session, table_checks: list[TableCheck]) -> None:
    """Evaluate the checks, for what they cost."""
    list(checks.evaluate_all(session, ledger.require_cycle(session), table_checks))


def close(clone: Postgres) -> Cycle:
    """Close the cycle; returns it with the counts of its chunks."""
    with clone.session("bench") as session:
        closed, _ = run.finish(session)
        evaluate(session, checks.step_checks())
    return closed


def written_rows(cycle: Cycle) -> int:
    """The rows of conflictvisitmaps that the cycle wrote."""
    return int(cycle.counts.get("redetect", {}).get("written", 0))
