"""The jobs that materialize assets, and the names of all jobs: those of the actions that they replace."""

from typing import Any

import dagster as dg

from conflict_pipeline.cycles import checks
from conflict_pipeline.cycles.settings import CycleSettings
from conflict_pipeline.defs.console import TO_CONSOLE
from conflict_pipeline.defs.jobs.diagnostics import test_postgres, test_snowflake, validate_config
from conflict_pipeline.defs.jobs.whole_cycle import conflict_report, task_02
from conflict_pipeline.defs.run_config import ForceConfig, PlanConfig, WindowConfig, mode_config
from conflict_pipeline.model import Mode
from conflict_pipeline.steps import chunk_steps, steps_after_chunks, steps_before_plan

_BEFORE_PLAN = [step.table for step in steps_before_plan()]
_CHUNKS = [step.table for step in chunk_steps()][:1]
_AFTER_CHUNKS = [step.table for step in steps_after_chunks()]


def _config(**ops: dg.Config) -> dg.RunConfig:
    """Return the config that the launchpad shows: all defaults, and the console logger."""
    return dg.RunConfig(ops=dict(ops), loggers=TO_CONSOLE.loggers)


def _before_plan_config(mode: Mode) -> dict[str, dg.Config]:
    return {table: WindowConfig(mode=mode) for table in _BEFORE_PLAN}


def _start_cycle_config(mode: Mode = CycleSettings.mode) -> dg.RunConfig:
    return _config(**_before_plan_config(mode), **{checks.PLAN_TABLE: PlanConfig(mode=mode)})


task_01 = dg.define_asset_job(
    "task_01",
    selection=dg.AssetSelection.assets(*_BEFORE_PLAN),
    description="The steps before the plan: reminders and snapshot.",
    config=_config(**_before_plan_config(CycleSettings.mode)),
)
start_cycle = dg.define_asset_job(
    "start_cycle",
    selection=dg.AssetSelection.assets(*_BEFORE_PLAN, checks.PLAN_TABLE),
    description="Steps before the plan, and a plan. Sensor pending_chunks then starts a run for each chunk.",
    config=_start_cycle_config(),
)
finish_cycle = dg.define_asset_job(
    "finish_cycle",
    selection=dg.AssetSelection.assets(*_AFTER_CHUNKS, "conflict_report")
    | dg.AssetSelection.checks_for_assets(*(dg.AssetKey(table) for table in _CHUNKS)),
    description="Finishes a cycle whose chunks have all completed: steps after the chunks, checks, summary.",
    config=_config(**{table: ForceConfig() for table in _AFTER_CHUNKS}),
)
get_task02_chunks = dg.define_asset_job(
    "get_task02_chunks",
    selection=dg.AssetSelection.assets(checks.PLAN_TABLE),
    description="Plans the chunks of a new cycle and registers their partitions. Supersedes an open cycle.",
    config=_config(**{checks.PLAN_TABLE: PlanConfig()}),
)
process_task02_chunk = dg.define_asset_job(
    "process_task02_chunk",
    # The checks are about the whole cycle.
    selection=dg.AssetSelection.assets(*_CHUNKS).without_checks(),
    description="Processes one chunk: one partition.",
    config=_config(**{table: ForceConfig() for table in _CHUNKS}),
)


def new_cycle_config(job: str, mode: Mode) -> dg.RunConfig | dict[str, Any]:
    """Return the run config with which `start_cycle` or `conflict_report` starts a new cycle."""
    return _start_cycle_config(mode) if job == start_cycle.name else mode_config(mode)


jobs = (
    validate_config,
    test_postgres,
    test_snowflake,
    task_01,
    task_02,
    get_task02_chunks,
    process_task02_chunk,
    conflict_report,
    start_cycle,
    finish_cycle,
)
