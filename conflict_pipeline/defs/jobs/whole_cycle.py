"""The jobs that do a whole cycle in one process: `conflict_report`, and `task_02` as one piece.

Starting a process for each chunk would cost more than most chunks; so these jobs are made of ops that
record what they do as materializations of the assets. Steps hand nothing to one another: each reads the
ledger, so a run can be tried again from any step.
"""

import dagster as dg

from conflict_pipeline.cycles import ledger, run
from conflict_pipeline.cycles.chunk_runner import require_one_settings_row
from conflict_pipeline.cycles.progress import Progress
from conflict_pipeline.cycles.run import ChunkFailure, Notice
from conflict_pipeline.defs import metadata, partitions
from conflict_pipeline.defs.assets.report import publish_after_cycle
from conflict_pipeline.defs.checks import evaluate_all
from conflict_pipeline.defs.console import TO_CONSOLE, is_launched
from conflict_pipeline.defs.events import record, record_chunk, record_unrecorded, say_complete
from conflict_pipeline.defs.failures import as_dagster_failures
from conflict_pipeline.defs.resources import PostgresResource
from conflict_pipeline.defs.run_config import CycleConfig, ReportConfig, WorkersConfig
from conflict_pipeline.errors import PipelineError
from conflict_pipeline.logs import about
from conflict_pipeline.model import Cycle, Plan
from conflict_pipeline.postgres import schema
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.settings import load_settings
from conflict_pipeline.steps import snapshot


@dg.op(out=dg.Out(dg.Nothing))
def open_or_resume_cycle(
    context: dg.OpExecutionContext, config: ReportConfig, postgres: PostgresResource
) -> None:
    """Task 01 and a new plan, or nothing where an open cycle is resumed."""
    with (
        as_dagster_failures(),
        postgres.database().session(f"open_or_resume_cycle {context.run_id}") as session,
    ):
        schema.require(session)
        opened = run.start(
            session,
            config.chunk_settings(),
            context.run_id,
            new_cycle=config.new_cycle,
            max_age_hours=load_settings().resume_max_age_hours,
        )
        if opened is None:
            _resume(context, session)
            return
        reminders, snapshot = opened.reminders, opened.snapshot
        record(context, "payer_provider_reminders", metadata.reminders_metadata(reminders))
        record(context, "conflictvisitmaps_temp", metadata.snapshot_metadata(snapshot))
        context.log.info(
            f"Task 01: {reminders.inserted:,} reminders inserted, {reminders.refreshed:,} refreshed; "
            f"snapshot of {snapshot.rows:,} rows taken in {snapshot.seconds:.1f} s."
        )
        _record_plan(context, session, opened.plan)


@dg.op(out=dg.Out(dg.Nothing))
def plan_one_piece(context: dg.OpExecutionContext, config: CycleConfig, postgres: PostgresResource) -> None:
    """A new cycle whose only chunk is everything; supersedes an open cycle."""
    with as_dagster_failures(), postgres.database().session(f"plan_one_piece {context.run_id}") as session:
        schema.require(session)
        require_one_settings_row(session)
        with snapshot.please_wait(session):
            plan = ledger.plan_cycle(session, config.chunk_settings().as_one_piece(), context.run_id)
        _record_plan(context, session, plan)


@dg.op(ins={"started": dg.In(dg.Nothing)}, out=dg.Out(dg.Nothing))
def process_chunks(context: dg.OpExecutionContext, config: WorkersConfig, postgres: PostgresResource) -> None:
    """Every chunk of the open cycle that has not completed; the failed ones are named at the end."""
    with as_dagster_failures():
        workers = config.chunk_settings().max_concurrency
        database = postgres.database()
        with database.session(f"process_chunks {context.run_id}") as session:
            before = ledger.require_cycle(session)
            chunks = ledger.chunks(session, before.cycle_id)
        keys = [chunk["partition_key"] for chunk in chunks if chunk["status"] != "completed"]
        failures = _process(context, database, keys, workers=workers)
        with database.session(f"process_chunks {context.run_id}") as session:
            record_unrecorded(context, session, before.cycle_id)
            _stop_if_ended_by_others(session, before)
            if failures:
                snapshot.set_in_progress(session, snapshot.InProgress.ENDED)
                raise PipelineError(_how_to_go_on(failures))


@dg.op(ins={"processed": dg.In(dg.Nothing)})
def close_cycle(context: dg.OpExecutionContext, postgres: PostgresResource) -> None:
    """Closes the cycle, writes the report, evaluates what must hold of the cycle, and sums it up."""
    with (
        as_dagster_failures(),
        (database := postgres.database()).session(f"close_cycle {context.run_id}") as session,
    ):
        finished, was_open = run.finish(session)
        numbers = metadata.cycle_metadata(session, finished)
        record(context, "conflict_report", numbers | publish_after_cycle(context, database, finished))
        say_complete(context, session, finished, was_open=was_open)
        _evaluate(context, session, finished, "conflict_report")


@dg.config_mapping
def _report_config(config: ReportConfig) -> dg.RunConfig:
    workers = WorkersConfig(max_concurrency=config.max_concurrency)
    return dg.RunConfig(
        ops={"open_or_resume_cycle": config, "process_chunks": workers},
        loggers=TO_CONSOLE.loggers,
    )


@dg.graph
def whole_cycle() -> None:
    close_cycle(process_chunks(open_or_resume_cycle()))


# The job shares its name with an asset, so its graph, which Dagster wants unique, has another.
conflict_report = whole_cycle.to_job(
    name="conflict_report",
    description="The whole cycle: Task 01, plan, all chunks, closing checks. Resumes an open cycle.",
    config=_report_config,
    executor_def=dg.in_process_executor,
    # The same as everyone's: to give it one, Dagster would make the sensor that starts it anew, and warn.
    resource_defs={"postgres": PostgresResource()},
)


@dg.job(
    config=dg.RunConfig(ops={"plan_one_piece": CycleConfig()}, loggers=TO_CONSOLE.loggers),
    executor_def=dg.in_process_executor,
)
def task_02() -> None:
    """The update as one piece, one chunk at once: for small tables, and to compare with."""
    close_cycle(process_chunks(plan_one_piece()))


def _resume(context: dg.OpExecutionContext, session: Session) -> None:
    open_cycle = ledger.require_cycle(session)
    # A process that died right after it had planned may not have told Dagster of the partitions.
    keys = [chunk["partition_key"] for chunk in ledger.chunks(session, open_cycle.cycle_id)]
    partitions.register(context.instance, keys, [])
    if open_cycle.stuck and not is_launched(context.run.tags):
        # In a launched run this is left to the sensor pending_chunks, which looks for it all the time.
        context.log.warning(
            f"{open_cycle.stuck} chunks were stuck: their worker had died. They are done again now.",
            extra=about("chunks_stuck", cycle=open_cycle.cycle_key, chunks=open_cycle.stuck),
        )
    context.log.info(
        f"Resuming cycle {open_cycle.cycle_key}: {open_cycle.completed} of {open_cycle.chunks} chunks are "
        "completed and will not be done again. (new_cycle: true starts afresh.)"
    )


def _record_plan(context: dg.OpExecutionContext, session: Session, plan: Plan) -> None:
    old_keys = ledger.old_partition_keys(session, load_settings().keep_cycles)
    partitions.register(context.instance, plan.partition_keys, old_keys)
    record(context, "conflict_chunks", metadata.plan_metadata(plan))
    if plan.superseded:
        context.log.warning(f"Cycle {plan.superseded} was open; {plan.cycle_key} supersedes it.")
    if plan.oversized_chunks:
        context.log.warning(
            f"Chunks above max_chunk_size, each of a single key: {', '.join(plan.oversized_chunks)}."
        )
    context.log.info(
        f"Cycle {plan.cycle_key}: {plan.rows:,} rows of {plan.window}, {len(plan.partition_keys):,} chunks. "
        f"Scope {plan.scope_text}."
    )
    _evaluate(context, session, ledger.require_cycle(session), "conflict_chunks")


def _process(
    context: dg.OpExecutionContext, database: Postgres, keys: list[str], *, workers: int
) -> list[ChunkFailure]:
    failures: list[ChunkFailure] = []
    progress = Progress(len(keys))
    delay = load_settings().chunk_retry_delay_seconds
    with database.pool(workers) as lend:
        for outcome in run.process_chunks(lend, keys, context.run_id, workers=workers, retry_delay=delay):
            if isinstance(outcome, Notice):
                context.log.warning(outcome.message, extra=about(chunk=outcome.partition_key))
                continue
            if isinstance(outcome, ChunkFailure):
                failures.append(outcome)
                context.log.error(outcome.message, extra=about(chunk=outcome.partition_key))
            elif outcome.outcome == "completed":
                record_chunk(context, outcome)
            else:
                context.log.info(
                    f"Chunk {outcome.partition_key} was skipped: {outcome.reason}.",
                    extra=about(chunk=outcome.partition_key),
                )
            line = progress.after(outcome)
            if line:
                context.log.info(line)
    return failures


def _evaluate(context: dg.OpExecutionContext, session: Session, of_cycle: Cycle, asset: str) -> None:
    broken = []
    for outcome in evaluate_all(session, of_cycle, asset):
        context.log_event(outcome)  # type: ignore[arg-type] # accepted, though not annotated
        if outcome.passed:
            continue
        numbers = ", ".join(f"{name} {value.value}" for name, value in outcome.metadata.items())
        context.log.warning(f"Check {outcome.check_name} did not pass ({numbers}). {outcome.description}")
        if outcome.severity is dg.AssetCheckSeverity.ERROR:
            broken.append(outcome.check_name)
    if broken:
        snapshot.set_in_progress(session, snapshot.InProgress.ENDED)
        raise PipelineError(f"Cycle {of_cycle.cycle_key} fails the checks {', '.join(broken)}.")


def _stop_if_ended_by_others(session: Session, before: Cycle) -> None:
    newest = ledger.require_cycle(session)
    if newest.cycle_id == before.cycle_id and newest.state != "superseded":
        return
    how = "cancelled" if newest.cycle_id == before.cycle_id else f"superseded by {newest.cycle_key}"
    raise PipelineError(
        f"Cycle {before.cycle_key} was {how} while it was at work: its remaining chunks are skipped. "
        "There is nothing to do again here."
    )


def _how_to_go_on(failures: list[ChunkFailure]) -> str:
    """Names the failed chunks; the first few with their reasons, which are in the log for all."""
    keys = ", ".join(failure.partition_key for failure in failures)
    return (
        f"{len(failures)} chunk{'s' if len(failures) > 1 else ''} failed: {keys}. "
        f"First: {failures[0].message.rstrip('.')}. "
        "The others are done. Remove the cause and run the job conflict_report again: "
        "it does only what is not done."
    )
