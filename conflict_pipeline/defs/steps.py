"""Assets and ops that are generated from the declarations of the cycle steps (steps/step.py)."""

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

import dagster as dg

from conflict_pipeline.cycles import ledger, run
from conflict_pipeline.cycles.incremental import rules_digest
from conflict_pipeline.cycles.run import StepResult
from conflict_pipeline.defs import metadata
from conflict_pipeline.defs.assets import OWNERS
from conflict_pipeline.defs.assets.sources import phi_tag, table_metadata
from conflict_pipeline.defs.events import record_step
from conflict_pipeline.defs.failures import as_dagster_failures
from conflict_pipeline.defs.resources import PostgresResource
from conflict_pipeline.defs.run_config import ForceConfig, WindowConfig
from conflict_pipeline.model import Cycle
from conflict_pipeline.postgres import schema, tables
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.settings import load_settings
from conflict_pipeline.steps import STEPS, chunk_steps, steps_after_chunks, steps_before_plan
from conflict_pipeline.steps.step import CycleStep, Step, When

# For transient errors only, as as_dagster_failures classifies them.
RETRY = dg.RetryPolicy(max_retries=2, delay=10, backoff=dg.Backoff.EXPONENTIAL)


def tables_read(*steps: Step) -> list[str]:
    """Return the tables that the steps depend on in the asset graph.

    These are the tables that they read, except those that later steps keep: a night reads what the previous
    night has written, and as a dependency this would be a circle.
    """
    last = max(STEPS.index(step) for step in steps if step in STEPS)
    kept_later = {step.table for step in STEPS[last:]} | {step.table for step in steps}
    return sorted({table for step in steps for table in step.reads if table not in kept_later})


def step_assets() -> list[dg.AssetsDefinition]:
    """Return an asset for each cycle step: the table that it keeps."""
    return [_asset(step) for step in (*steps_before_plan(), *steps_after_chunks())]


def step_op(step: CycleStep) -> dg.OpDefinition:
    """Return the op that runs the step in a whole-cycle job and records a materialization of the asset.

    Dagster wants ops and assets to have unique names, and a step may be named like its table.
    """

    @dg.op(
        name=f"run_{step.name}",
        description=step.description,
        ins={"previous": dg.In(dg.Nothing)},
        out=dg.Out(dg.Nothing),
        retry_policy=RETRY,
    )
    def run_op(context: dg.OpExecutionContext, postgres: PostgresResource) -> None:
        with as_dagster_failures(), postgres.database().session(f"{step.name} {context.run_id}") as session:
            cycle = _cycle_of_job(session, step)
            if cycle is None:
                context.log.info(f"Step {step.name}: the cycle is planned already.")
                return
            result = run.run_step(session, step, cycle, context.run_id)
        _log(context, result)
        record_step(context, result)

    return run_op


def code_version() -> str:
    """Return the version of the rules, for assets; it changes with the statements of the chunk steps."""
    return rules_digest()[:12]


class StepAttributes(TypedDict):
    """What every asset of a step has; the metadata are table name and columns."""

    group_name: str
    kinds: set[str]
    owners: Sequence[str]
    tags: Mapping[str, str]
    code_version: str
    metadata: Mapping[str, Any]


def step_attributes(step: Step) -> StepAttributes:
    keeps = [one for one in tables.all_tables() if one.name == step.table]
    return {
        "group_name": step.group,
        "kinds": {"postgres"},
        "owners": OWNERS,
        "tags": phi_tag(step.table),
        "code_version": code_version(),
        "metadata": table_metadata(keeps[0]) if keeps else {},
    }


def _asset(step: CycleStep) -> dg.AssetsDefinition:
    attributes = step_attributes(step)
    chunks = {chunk_step.table for chunk_step in chunk_steps()}
    deps = sorted({*tables_read(step), *(chunks if step.when is When.AFTER_CHUNKS else ())})
    if step.when is When.BEFORE_PLAN:

        @dg.asset(name=step.table, description=step.description, deps=deps, retry_policy=RETRY, **attributes)
        def before_plan(
            context: dg.AssetExecutionContext, postgres: PostgresResource, config: WindowConfig
        ) -> dg.MaterializeResult[None]:
            with (
                as_dagster_failures(),
                postgres.database().session(f"{step.name} {context.run.run_id}") as session,
            ):
                schema.require(session)
                cycle = run.prepare_for_assets(
                    session,
                    config.cycle_settings(),
                    context.run.run_id,
                    max_age_hours=load_settings().resume_max_age_hours,
                )
                result = run.run_step(session, step, cycle, context.run.run_id, again=True)
            _log(context, result)
            return dg.MaterializeResult(metadata=metadata.step_metadata(result))

        return before_plan

    @dg.asset(name=step.table, description=step.description, deps=deps, retry_policy=RETRY, **attributes)
    def after_chunks(
        context: dg.AssetExecutionContext, postgres: PostgresResource, config: ForceConfig
    ) -> dg.MaterializeResult[None]:
        with (
            as_dagster_failures(),
            postgres.database().session(f"{step.name} {context.run.run_id}") as session,
        ):
            schema.require(session)
            cycle = run.require_completed_chunks(session)
            result = run.run_step(session, step, cycle, context.run.run_id, again=config.force)
        _log(context, result)
        return dg.MaterializeResult(metadata=metadata.step_metadata(result))

    return after_chunks


def _cycle_of_job(session: Session, step: CycleStep) -> Cycle | None:
    """Return the cycle of a whole-cycle job; None for a step before the plan once the cycle is planned."""
    if step.when is When.AFTER_CHUNKS:
        return run.require_completed_chunks(session)
    preparing = ledger.preparing_cycle(session)
    return preparing if preparing and preparing.prepared_by == run.WHOLE_CYCLE else None


def _log(context: dg.OpExecutionContext | dg.AssetExecutionContext, result: StepResult) -> None:
    if not result.is_new:
        context.log.info(f"Step {result.step.name} has been completed in this cycle and is not run again.")
        return
    counts = ", ".join(
        f"{name} {value:,}" for name, value in result.counts.as_json().items() if isinstance(value, int)
    )
    context.log.info(f"Step {result.step.name}: {counts}; {result.seconds:.1f} s.")
