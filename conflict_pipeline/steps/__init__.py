"""The steps of the night, in their order."""

from conflict_pipeline.steps import redetect, reminders, snapshot
from conflict_pipeline.steps.step import ChunkStep, CycleStep, When

STEPS: tuple[CycleStep | ChunkStep, ...] = (
    # before the plan
    reminders.STEP,
    snapshot.STEP,
    # in every chunk, in one transaction
    redetect.STEP,
)


def steps_before_plan() -> list[CycleStep]:
    return [step for step in STEPS if isinstance(step, CycleStep) and step.when is When.BEFORE_PLAN]


def chunk_steps() -> list[ChunkStep]:
    return [step for step in STEPS if isinstance(step, ChunkStep)]


def steps_after_chunks() -> list[CycleStep]:
    return [step for step in STEPS if isinstance(step, CycleStep) and step.when is When.AFTER_CHUNKS]
