"""The steps of a cycle, taken from this process as a job takes them."""

from conflict_pipeline import checks, cycle, ledger
from conflict_pipeline.chunks import ChunkSettings
from conflict_pipeline.cycle import Opened
from conflict_pipeline.errors import PipelineError
from conflict_pipeline.records import Cycle
from conflict_pipeline.resources.postgres import Postgres, Session
from conflict_pipeline.task_02 import ChunkResult

RUN_ID = "bench"


def start(clone: Postgres, settings: ChunkSettings) -> Opened:
    """Task 01 and a new plan, checked."""
    with clone.session("bench") as session:
        opened = cycle.start(session, settings, RUN_ID, new_cycle=True, max_age_hours=24)
        evaluate(session, "conflict_chunks")
    assert opened is not None
    return opened


def process(clone: Postgres, keys: list[str], workers: int) -> None:
    """These chunks by so many workers; raises PipelineError if one is not completed."""
    with clone.pool(workers) as lend:
        for result in cycle.process_chunks(lend, keys, RUN_ID, workers=workers, retry_delay=0):
            require_completed(result)


def require_completed(result: object) -> None:
    if not (isinstance(result, ChunkResult) and result.outcome == "completed"):
        raise PipelineError(f"A chunk of the benchmark was not completed: {result}")


def evaluate(session: Session, asset: str) -> None:
    checks.evaluate_all(session, ledger.require_cycle(session), asset)


def close(clone: Postgres) -> Cycle:
    """End the cycle; returns what its chunks add up to."""
    with clone.session("bench") as session:
        closed, _ = cycle.finish(session)
        evaluate(session, "conflict_report")
    return closed
