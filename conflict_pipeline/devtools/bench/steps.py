"""The steps of a cycle, taken from this process as a job takes them."""

from conflict_pipeline.cycles import ledger, run
from conflict_pipeline.cycles.chunk_runner import ChunkResult
from conflict_pipeline.cycles.run import Opened
from conflict_pipeline.cycles.settings import CycleSettings
from conflict_pipeline.defs import checks
from conflict_pipeline.errors import PipelineError
from conflict_pipeline.model import Cycle
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session

RUN_ID = "bench"


def start(clone: Postgres, settings: CycleSettings) -> Opened:
    """Task 01 and a new plan, checked."""
    with clone.session("bench") as session:
        opened = run.open_or_resume(session, settings, RUN_ID, new_cycle=True, max_age_hours=24)
        evaluate(session, "conflict_chunks")
    assert opened is not None
    return opened


def process(clone: Postgres, keys: list[str], workers: int) -> None:
    """These chunks by so many workers; raises PipelineError if one is not completed."""
    with clone.pool(workers) as lend:
        for result in workers.process_chunks(lend, keys, RUN_ID, workers=workers, retry_delay=0):
            require_completed(result)


def require_completed(result: object) -> None:
    if not (isinstance(result, ChunkResult) and result.outcome == "completed"):
        raise PipelineError(f"A chunk of the benchmark was not completed: {result}")


def evaluate(session: Session, asset: str) -> None:
    checks.evaluate_all(session, ledger.require_cycle(session), asset)


def close(clone: Postgres) -> Cycle:
    """End the cycle; returns what its chunks add up to."""
    with clone.session("bench") as session:
        closed, _ = run.finish(session)
        evaluate(session, "conflict_report")
    return closed
