"""The ops of a whole cycle, apart from those of its steps (defs/steps.py).

They hand nothing to one another: each reads the ledger, so a run can be retried from any op. They record what
they did as materializations of the assets.
"""

import dagster as dg

from conflict_pipeline.cycles import checks, ledger, run, workers
from conflict_pipeline.cycles.checks import TableCheck
from conflict_pipeline.cycles.progress import Progress
from conflict_pipeline.cycles.refresh_flag import RefreshFlag, ended_on_failure, set_flag
from conflict_pipeline.cycles.workers import ChunkFailure, Notice
from conflict_pipeline.defs import metadata, partitions
from conflict_pipeline.defs.assets.report import publish_after_cycle
from conflict_pipeline.defs.checks import evaluation
from conflict_pipeline.defs.console import is_launched
from conflict_pipeline.defs.events import (
    log_cycle_completed,
    observe_skipped_chunk,
    record,
    record_chunk,
    record_failed_chunk,
    record_missing_materializations,
)
from conflict_pipeline.defs.failures import as_dagster_failures
from conflict_pipeline.defs.resources import PostgresResource
from conflict_pipeline.defs.run_config import CycleConfig, PlanConfig, WorkersConfig
from conflict_pipeline.errors import PipelineError
from conflict_pipeline.logs import about
from conflict_pipeline.model import Cycle, Plan
from conflict_pipeline.postgres import schema
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.settings import load_settings

_AFTER = {"previous": dg.In(dg.Nothing)}
_DONE = dg.Out(dg.Nothing)


@dg.op(out=_DONE)
def open_or_resume_cycle(
    context: dg.OpExecutionContext, config: CycleConfig, postgres: PostgresResource
) -> None:
    """Resumes the open cycle, or prepares a new one."""
    database = postgres.database()
    with as_dagster_failures(), database.session(f"open_or_resume_cycle {context.run_id}") as session:
        schema.require(session)
        cycle = run.open_or_resume(
            session,
            config.cycle_settings(),
            context.run_id,
            new_cycle=config.new_cycle,
            max_age_hours=load_settings().resume_max_age_hours,
        )
        if cycle.state == "open":
            _log_resumed(context, session, cycle)


@dg.op(ins=_AFTER, out=_DONE)
def plan_cycle(context: dg.OpExecutionContext, postgres: PostgresResource) -> None:
    """Plans the chunks of the cycle that was prepared; nothing where an open cycle is resumed."""
    with as_dagster_failures(), postgres.database().session(f"plan_cycle {context.run_id}") as session:
        plan = run.plan_prepared_cycle(session, context.run_id)
        if plan is not None:
            _record_plan(context, session, plan)


@dg.op(out=_DONE)
def plan_one_piece(context: dg.OpExecutionContext, config: PlanConfig, postgres: PostgresResource) -> None:
    """Plans a new cycle with a single chunk, which supersedes an open cycle."""
    with as_dagster_failures(), postgres.database().session(f"plan_one_piece {context.run_id}") as session:
        schema.require(session)
        run.require_steps(session)
        settings = config.cycle_settings().as_one_piece()
        set_flag(session, RefreshFlag.REFRESHING)
        max_age_hours = load_settings().resume_max_age_hours
        with ended_on_failure(session):
            run.prepare_for_assets(session, settings, context.run_id, max_age_hours=max_age_hours)
            plan = run.plan_cycle(session, settings, context.run_id)
        _record_plan(context, session, plan)


@dg.op(ins=_AFTER, out=_DONE)
def process_chunks(context: dg.OpExecutionContext, config: WorkersConfig, postgres: PostgresResource) -> None:
    """Processes every chunk of the open cycle that has not completed, and names failed chunks at the end."""
    with as_dagster_failures():
        concurrency = config.cycle_settings().max_concurrency
        database = postgres.database()
        with database.session(f"process_chunks {context.run_id}") as session:
            before = ledger.require_cycle(session)
            chunks = ledger.chunks(session, before.cycle_id)
        keys = [chunk["partition_key"] for chunk in chunks if chunk["status"] != "completed"]
        failures = _process(context, database, keys, concurrency)
        with database.session(f"process_chunks {context.run_id}") as session:
            record_missing_materializations(context, session, before.cycle_id)
            _raise_if_ended_meanwhile(session, before)
            if failures:
                set_flag(session, RefreshFlag.ENDED)
                raise PipelineError(_failure_message(failures))


@dg.op(ins=_AFTER)
def close_cycle(context: dg.OpExecutionContext, postgres: PostgresResource) -> None:
    """Closes the cycle, writes the HTML report, evaluates the checks, and logs the summary."""
    database = postgres.database()
    with as_dagster_failures(), database.session(f"close_cycle {context.run_id}") as session:
        finished, was_open = run.finish(session)
        numbers = metadata.cycle_metadata(session, finished)
        record(context, "conflict_report", numbers | publish_after_cycle(context, database, finished))
        log_cycle_completed(context, finished, was_open=was_open)
        _evaluate(context, session, finished, checks.step_checks())


def _log_resumed(context: dg.OpExecutionContext, session: Session, cycle: Cycle) -> None:
    # A process that died right after its plan may not have registered the partitions.
    keys = [chunk["partition_key"] for chunk in ledger.chunks(session, cycle.cycle_id)]
    partitions.register(context.instance, keys, [])
    if cycle.stuck and not is_launched(context.run.tags):
        # For launched runs the sensor pending_chunks logs this event.
        context.log.warning(
            f"{cycle.stuck} chunks were stuck because their worker had died. They are processed again now.",
            extra=about("chunks_stuck", cycle=cycle.cycle_key, chunks=cycle.stuck),
        )
    context.log.info(
        f"Resuming cycle {cycle.cycle_key}: {cycle.completed} of {cycle.chunks} chunks are completed and "
        "will not be processed again. (new_cycle: true starts a new cycle.)"
    )


def _record_plan(context: dg.OpExecutionContext, session: Session, plan: Plan) -> None:
    old_keys = ledger.old_partition_keys(session, load_settings().keep_cycles)
    partitions.register(context.instance, plan.partition_keys, old_keys)
    record(context, checks.PLAN_TABLE, metadata.plan_metadata(plan))
    if plan.superseded:
        context.log.warning(f"Cycle {plan.superseded} was open; {plan.cycle_key} supersedes it.")
    if plan.oversized_chunks:
        context.log.warning(
            f"Chunks above max_chunk_size, each of a single key: {', '.join(plan.oversized_chunks)}."
        )
    context.log.info(
        f"Cycle {plan.cycle_key}: {plan.rows:,} rows of {plan.window}, {len(plan.partition_keys):,} chunks. "
        f"Mode {plan.mode}: {plan.mode_reason}."
    )
    _evaluate(context, session, ledger.require_cycle(session), checks.plan_checks())


def _process(
    context: dg.OpExecutionContext, database: Postgres, keys: list[str], concurrency: int
) -> list[ChunkFailure]:
    failures: list[ChunkFailure] = []
    progress = Progress(len(keys))
    delay = load_settings().chunk_retry_delay_seconds
    with database.pool(concurrency) as session_factory:
        for outcome in workers.process_chunks(
            session_factory, keys, context.run_id, workers=concurrency, retry_delay=delay
        ):
            extra = about(chunk=outcome.partition_key)
            if isinstance(outcome, Notice):
                context.log.warning(outcome.message, extra=extra)
                continue
            if isinstance(outcome, ChunkFailure):
                failures.append(outcome)
                context.log.error(outcome.message, extra=extra)
                record_failed_chunk(context, outcome.partition_key)
            elif outcome.outcome == "completed":
                record_chunk(context, outcome)
            else:
                observe_skipped_chunk(context, outcome)
            line = progress.line_after(outcome)
            if line:
                context.log.info(line)
    return failures


def _evaluate(
    context: dg.OpExecutionContext, session: Session, cycle: Cycle, table_checks: list[TableCheck]
) -> None:
    """Log the outcomes as events; raises PipelineError naming the checks that fail the cycle."""
    broken = []
    for outcome in checks.evaluate_all(session, cycle, table_checks):
        context.log_event(evaluation(outcome))  # type: ignore[arg-type] # accepted, though not annotated
        if outcome.passed:
            continue
        numbers = ", ".join(f"{name} {value:,}" for name, value in outcome.numbers.items())
        name, description = outcome.table_check.name, outcome.table_check.check.description
        context.log.warning(f"Check {name} did not pass ({numbers}). {description}")
        if outcome.fails_the_cycle:
            broken.append(name)
    if broken:
        set_flag(session, RefreshFlag.ENDED)
        raise PipelineError(f"Cycle {cycle.cycle_key} fails the checks {', '.join(broken)}.")


def _raise_if_ended_meanwhile(session: Session, before: Cycle) -> None:
    newest = ledger.require_cycle(session)
    if newest.cycle_id == before.cycle_id and newest.state != "superseded":
        return
    how = "cancelled" if newest.cycle_id == before.cycle_id else f"superseded by {newest.cycle_key}"
    raise PipelineError(
        f"Cycle {before.cycle_key} was {how} while it was running: its remaining chunks are skipped. "
        "Nothing has to be retried."
    )


def _failure_message(failures: list[ChunkFailure]) -> str:
    """Name the failed chunks, with the reason of the first; the log has the reasons of all."""
    keys = ", ".join(failure.partition_key for failure in failures)
    return (
        f"{len(failures)} chunk{'s' if len(failures) > 1 else ''} failed: {keys}. "
        f"First: {failures[0].message.rstrip('.')}. "
        "The others are completed. Remove the cause and run the job conflict_report again: "
        "it processes only unfinished chunks."
    )
