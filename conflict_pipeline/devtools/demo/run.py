"""`conflict-pipeline demo`: the sample, its load from the Snowflake emulator, and a whole cycle."""

import sys
import time
from pathlib import Path

from psycopg import sql
from rich.console import Console

from conflict_pipeline.cycles import ledger, set_up, summary
from conflict_pipeline.defs.assets.analytics import LOADED_TABLES
from conflict_pipeline.defs.job_process import execute_job
from conflict_pipeline.devtools.demo.counts import SampleCounts
from conflict_pipeline.devtools.demo.sample import SampleSize, load_sample
from conflict_pipeline.errors import PipelineError
from conflict_pipeline.model import RULE_COLUMNS
from conflict_pipeline.postgres import tables
from conflict_pipeline.postgres.database import Postgres, open_postgres
from conflict_pipeline.postgres.embedded import recreate_database
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.snowflake.account import local_emulator


def run(size: SampleSize, out: Console, *, load_only: bool, fresh: bool) -> None:
    """Everything that the command does; `load_only`: no job is run."""
    database = open_postgres(create=True)
    if fresh:
        _start_over(database)
    with database.session("demo") as session:
        set_up.apply_schema(session, loads=database.settings.loads_from_snowflake)
        counts = None if _holds_sample(database, session, out) else _load(session, size, out)
        environment = _to_emulator(database, session, out) if database.settings.loads_from_emulator else None
    if load_only:
        return
    for job in ("load_analytics", "conflict_report") if environment else ("conflict_report",):
        out.print(f"\n[bold]dagster job execute -m conflict_pipeline.definitions -j {job}[/bold]")
        execute_job(job, environment)
    _show_outcome(database, counts, out)


def _start_over(database: Postgres) -> None:
    if not database.settings.is_local:
        raise PipelineError(
            "--fresh drops a database, and so only the embedded one. Unset POSTGRES_HOST for it."
        )
    recreate_database(str(database.conninfo["host"]))


def _holds_sample(database: Postgres, session: Session, out: Console) -> bool:
    if not database.settings.is_local:
        return False  # load_sample refuses to touch tables that hold rows
    holds = bool(session.one("schema/select_has_conflict_rows")["has_rows"])
    if holds:
        out.print("The embedded Postgres holds a sample already; --fresh loads it anew.")
    return holds


def _load(session: Session, size: SampleSize, out: Console) -> SampleCounts:
    started = time.monotonic()
    with out.status("Creating the sample…"):
        counts = load_sample(session, size, ledger.today(session))
    out.print(
        f"Sample: {counts.tables['factvisitcallperformance_cr']:,} visits and "
        f"{counts.tables['conflictvisitmaps']:,} conflict rows, in {time.monotonic() - started:.1f} s.",
        highlight=False,
    )
    return counts


def _to_emulator(database: Postgres, session: Session, out: Console) -> dict[str, str]:
    """Move the analytics tables to where they are born; returns the settings that lead there.

    Once moved they are never moved again: they are there, and here what has been loaded since, or nothing.
    """
    emulator = local_emulator(database.settings.snowflake_emulator_folder)
    visits = tables.STAGED_TABLES[0]
    analytics = session.schema_names["analytics"]
    is_loaded = session.row("loads/select_watermark", {"table_name": visits}) is not None
    has_rows = session.one("loads/select_has_rows", target=sql.Identifier(analytics, visits))["has_rows"]
    if has_rows and not is_loaded:
        started = time.monotonic()
        with out.status("Handing the analytics tables to the Snowflake emulator…"):
            for table in LOADED_TABLES:
                emulator.fill(session, table)
            names = [sql.Identifier(analytics, table.name) for table in LOADED_TABLES]
            session.conn.execute(sql.SQL("TRUNCATE {}").format(sql.SQL(", ").join(names)))
        out.print(
            f"Snowflake: a local emulator has the {len(LOADED_TABLES)} analytics tables, in "
            f"{time.monotonic() - started:.1f} s.",
            highlight=False,
        )
    return emulator.environment()


def _show_outcome(database: Postgres, counts: SampleCounts | None, out: Console) -> None:
    with database.session("demo") as session:
        cycle = ledger.require_cycle(session)
        lines = summary.cycle_lines(cycle)
    out.print(summary.as_table(lines, _known_numbers(counts) if counts else None))
    name = Path(sys.argv[0])
    command = name.relative_to(Path.cwd()) if name.is_relative_to(Path.cwd()) else name.name
    out.print(
        "What to type next:\n"
        f"  {command} dev      Dagster's UI on http://127.0.0.1:3000\n"
        f"  {command} status   the cycle and its chunks\n"
        "and for your own database:\n"
        f"  cp .env.example .env, name the database in it, and {command} schema apply",
        highlight=False,
        soft_wrap=True,
    )


def _known_numbers(counts: SampleCounts) -> dict[str, str]:
    by_rule = {f"    {text}": counts.redetected_by_rule.get(rule, 0) for rule, text in RULE_COLUMNS.items()}
    numbers = by_rule | {
        "Rows planned": counts.eligible,
        "  redetected": counts.redetected,
        "  not redetected": counts.not_redetected,
        "  guarded": counts.guarded,
        "  bad gps": counts.bad_gps,
    }
    return {name: f"{number:,}" for name, number in numbers.items()}
