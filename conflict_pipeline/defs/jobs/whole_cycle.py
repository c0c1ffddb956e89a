"""The jobs that process a whole cycle in one process: `conflict_report`, and `task_02` as one piece.

A process for each chunk would cost more than most chunks, so these jobs are made of ops. There is one op for
each cycle step, generated from its declaration.
"""

import dagster as dg

from conflict_pipeline.defs.console import TO_CONSOLE
from conflict_pipeline.defs.jobs.cycle_ops import (
    close_cycle,
    open_or_resume_cycle,
    plan_cycle,
    plan_one_piece,
    process_chunks,
)
from conflict_pipeline.defs.resources import PostgresResource
from conflict_pipeline.defs.run_config import CycleConfig, PlanConfig, WorkersConfig
from conflict_pipeline.defs.steps import step_op
from conflict_pipeline.steps import steps_after_chunks, steps_before_plan

_before_ops = [step_op(step).alias(step.name) for step in steps_before_plan()]
_after_ops = [step_op(step).alias(step.name) for step in steps_after_chunks()]


@dg.config_mapping
def _cycle_config(config: CycleConfig) -> dg.RunConfig:
    workers_config = WorkersConfig(max_concurrency=config.max_concurrency)
    return dg.RunConfig(
        ops={"open_or_resume_cycle": config, "process_chunks": workers_config},
        loggers=TO_CONSOLE.loggers,
    )


@dg.graph
def whole_cycle() -> None:
    previous = open_or_resume_cycle()
    for op in _before_ops:
        previous = op(previous)
    previous = process_chunks(plan_cycle(previous))
    for op in _after_ops:
        previous = op(previous)
    close_cycle(previous)


# The job shares its name with an asset. Dagster wants graphs to have unique names, so its graph has another.
conflict_report = whole_cycle.to_job(
    name="conflict_report",
    description="A whole cycle: the steps before the plan, plan, all chunks, the steps after them, checks. "
    "Resumes an open cycle.",
    config=_cycle_config,
    executor_def=dg.in_process_executor,
    # The same resource as elsewhere, because otherwise Dagster rebuilds the sensor that starts this job, and
    # warns.
    resource_defs={"postgres": PostgresResource()},
)


@dg.job(
    config=dg.RunConfig(ops={"plan_one_piece": PlanConfig()}, loggers=TO_CONSOLE.loggers),
    executor_def=dg.in_process_executor,
)
def task_02() -> None:
    """The update as one piece, in a single chunk: for small tables and for comparison."""
    previous = process_chunks(plan_one_piece())
    for op in _after_ops:
        previous = op(previous)
    close_cycle(previous)
