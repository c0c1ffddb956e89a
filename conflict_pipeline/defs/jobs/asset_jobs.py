"""The jobs. Their names are those of the actions that they replace, so that runbooks carry over."""

from typing import Any

import dagster as dg

from conflict_pipeline.cycles.settings import CycleSettings
from conflict_pipeline.defs.console import TO_CONSOLE
from conflict_pipeline.defs.jobs.diagnostics import test_postgres, test_snowflake, validate_config
from conflict_pipeline.defs.jobs.whole_cycle import conflict_report, task_02
from conflict_pipeline.defs.run_config import ChunkConfig, PlanConfig, WindowConfig


def _config(**ops: dg.Config) -> dg.RunConfig:
    """What the launchpad shows, with all defaults, and our logger."""
    return dg.RunConfig(ops=dict(ops), loggers=TO_CONSOLE.loggers)


def _start_cycle_config(
    scope: str = CycleSettings.scope, write_mode: str = CycleSettings.write_mode
) -> dg.RunConfig:
    return _config(
        conflictvisitmaps_temp=WindowConfig(scope=scope),
        conflict_chunks=PlanConfig(scope=scope, write_mode=write_mode),
    )


task_01 = dg.define_asset_job(
    "task_01",
    selection=["payer_provider_reminders", "conflictvisitmaps_temp"],
    description="Reminders, and the snapshot of the report before the update.",
    config=_config(conflictvisitmaps_temp=WindowConfig()),
)
start_cycle = dg.define_asset_job(
    "start_cycle",
    selection=["payer_provider_reminders", "conflictvisitmaps_temp", "conflict_chunks"],
    description="Task 01 and a plan. The sensor pending_chunks then starts a run for each chunk.",
    config=_start_cycle_config(),
)
finish_cycle = dg.define_asset_job(
    "finish_cycle",
    selection=dg.AssetSelection.assets("conflict_report"),
    description="Closes a cycle whose chunks have all completed: closing checks and summary.",
    config=TO_CONSOLE,
)
get_task02_chunks = dg.define_asset_job(
    "get_task02_chunks",
    selection=dg.AssetSelection.assets("conflict_chunks"),
    description="Plans the chunks of a new cycle, and registers their partitions. Supersedes an open cycle.",
    config=_config(conflict_chunks=PlanConfig()),
)
process_task02_chunk = dg.define_asset_job(
    "process_task02_chunk",
    selection=dg.AssetSelection.assets("conflictvisitmaps"),
    description="Marks and updates the rows of one chunk: one partition.",
    config=_config(conflictvisitmaps=ChunkConfig()),
)


def new_cycle_config(job: str, scope: str, write_mode: str) -> dg.RunConfig | dict[str, Any]:
    """Run config with which `start_cycle` or `conflict_report` begins a new cycle."""
    if job == start_cycle.name:
        return _start_cycle_config(scope, write_mode)
    return {"new_cycle": True, "scope": scope, "write_mode": write_mode}


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
