"""`conflict-pipeline demo`: the sample, its load from the Snowflake emulator, and a whole cycle."""

import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from conflict_pipeline.cycles import ledger, set_up
from conflict_pipeline.defs.job_process import execute_job
from conflict_pipeline.devtools.demo import outcome
from conflict_pipeline.devtools.demo.counts import SampleCounts
from conflict_pipeline.devtools.demo.sample import SampleSize, load_sample
from conflict_pipeline.errors import PipelineError
from conflict_pipeline.postgres.database import Postgres, open_postgres
from conflict_pipeline.postgres.embedded import recreate_database
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.snowflake.account import local_emulator

if TYPE_CHECKING:
    from conflict_pipeline.snowflake.emulator import SnowflakeEmulator


def run(size: SampleSize, out: Console, *, load_only: bool, fresh: bool, yes: bool) -> None:
    """Run the demo; with `load_only` without a job, with `yes` without asking before a configured database.

    Raises PipelineError if the cycle finds other numbers than the sample holds.
    """
    database = open_postgres(create=True)
    settings = database.settings
    if fresh:
        _recreate(database)
    if not (settings.is_local or yes):
        _confirm(database, out)
    emulator = None
    with database.session("demo") as session:
        set_up.apply_schema(session, loads=settings.loads_from_snowflake)
        counts = None if _holds_sample(database, session, out) else _load(session, size, out)
        if settings.loads_from_emulator:
            emulator = local_emulator(settings.snowflake_emulator_folder)
            _move_analytics(session, emulator, out)
    if load_only:
        return
    environment = emulator.environment() if emulator else None
    for job in ("load_analytics", "conflict_report") if emulator else ("conflict_report",):
        command = f"{_prefix()}dagster job execute -m conflict_pipeline.definitions -j {job}"
        out.print(f"\n[bold]{command}[/bold]", soft_wrap=True)
        execute_job(job, environment)
    with database.session("demo") as session:
        differences = _copy_conflict_table(session, emulator, database, out) if emulator else None
        cycle = ledger.require_cycle(session)
    outcome.show(cycle, counts, differences, settings, _prefix(), out)


def _recreate(database: Postgres) -> None:
    if not database.settings.is_local:
        raise PipelineError(
            "--fresh drops a database, so it is for the embedded one only. Unset POSTGRES_HOST."
        )
    recreate_database(str(database.conninfo["host"]))


def _confirm(database: Postgres, out: Console) -> None:
    settings, info = database.settings, database.conninfo
    out.print(
        f"The demo writes synthetic rows into the configured database {info['dbname']} on {info['host']}, "
        f"schemas {settings.postgres_conflict_schema} and {settings.postgres_analytics_schema}, if their "
        "tables are empty.",
        highlight=False,
        soft_wrap=True,
    )
    if not typer.confirm("Continue?"):
        raise typer.Abort


def _holds_sample(database: Postgres, session: Session, out: Console) -> bool:
    if not database.settings.is_local:
        return False  # load_sample refuses tables that hold rows
    holds = bool(session.one("schema/select_has_conflict_rows")["has_rows"])
    if holds:
        out.print("The embedded Postgres holds a sample already; --fresh replaces it.")
    return holds


def _load(session: Session, size: SampleSize, out: Console) -> SampleCounts:
    started = time.monotonic()
    with _progress(out, "Creating the sample", size.conflict_rows + size.visits) as advance:
        counts = load_sample(session, size, ledger.today(session), advance)
    out.print(
        f"Sample: {counts.tables['factvisitcallperformance_cr']:,} visits and "
        f"{counts.tables['conflictvisitmaps']:,} conflict rows, in {time.monotonic() - started:.1f} s.",
        highlight=False,
    )
    return counts


def _move_analytics(session: Session, emulator: "SnowflakeEmulator", out: Console) -> None:
    from conflict_pipeline.devtools.demo import upstream  # noqa: PLC0415 - needs the emulator's packages

    if upstream.holds_loads(session):
        return
    started = time.monotonic()
    with _progress(out, "Moving the analytics tables to the emulator", upstream.TABLE_COUNT) as advance:
        upstream.move_analytics(session, emulator, lambda: advance(1))
    out.print(
        f"Snowflake: a local emulator holds the {upstream.TABLE_COUNT} analytics tables, in "
        f"{time.monotonic() - started:.1f} s.",
        highlight=False,
    )


def _copy_conflict_table(
    session: Session, emulator: "SnowflakeEmulator", database: Postgres, out: Console
) -> dict[str, int]:
    from conflict_pipeline.devtools.demo import upstream  # noqa: PLC0415 - needs the emulator's packages

    with out.status("Copying the conflict table to the emulator, with known differences…"):
        return upstream.copy_conflict_table(session, emulator, database.settings)


@contextmanager
def _progress(out: Console, text: str, total: int) -> Iterator[Callable[[int], None]]:
    """Yield a function that advances a progress bar; it is shown on terminals, until the block ends."""
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:.0f} %"))
    with Progress(
        *columns, TimeElapsedColumn(), console=out, transient=True, disable=not out.is_terminal
    ) as progress:
        task = progress.add_task(text, total=total)
        yield lambda count: progress.advance(task, count)


def _prefix() -> str:
    """Return the folder of this program's commands, as a shell here needs it: empty if it is on PATH."""
    folder = Path(sys.executable).parent
    found = shutil.which("conflict-pipeline")
    if found and Path(found).parent == folder:
        return ""
    here = Path.cwd()
    return f"{folder.relative_to(here) if folder.is_relative_to(here) else folder}/"
