"""A step that exists in tests only: one module, and its folder of SQL."""

from dataclasses import asdict, dataclass

from conflict_pipeline.model import Counts, Cycle
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.steps.step import Check, CycleStep, Severity, When


@dataclass(frozen=True)
class ProofCounts(Counts):
    """Rows of conflict_proof."""

    counted: int


def count_marks(session: Session, cycle: Cycle) -> ProofCounts:
    return ProofCounts(session.execute("steps/conflict_proof/insert_proof", asdict(cycle)).rowcount)


STEP = CycleStep(
    name="conflict_proof",
    when=When.AFTER_CHUNKS,
    table="conflict_proof",
    group="proof",
    description="How many rows each cycle has marked.",
    counts=ProofCounts,
    run=count_marks,
    reads={"conflictvisitmaps": None, "mph": None},
    writes={"conflict_proof": frozenset({"INSERT"})},
    checks=(Check("marks_are_few", Severity.ERROR, "No more than five rows are marked."),),
)
