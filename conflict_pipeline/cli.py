"""`conflict-pipeline …`: what Dagster's own commands do not do."""

import subprocess
import sys
import time
from pathlib import Path
from typing import Annotated

import psycopg
import typer
from rich.console import Console
from rich.live import Live

from conflict_pipeline import dev, ledger, recovery, schema, summary
from conflict_pipeline.demo.counts import SampleCounts
from conflict_pipeline.demo.sample import SampleSize, load_sample
from conflict_pipeline.errors import PipelineError, describe
from conflict_pipeline.resources.embedded_postgres import recreate_database
from conflict_pipeline.resources.postgres import Postgres, Session, open_postgres
from conflict_pipeline.status import render

app = typer.Typer(
    help="Keeps the home-care visit conflict report in Postgres up to date.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
schema_app = typer.Typer(help="Tables, indexes and ledger.", no_args_is_help=True)
app.add_typer(schema_app, name="schema")
out = Console()


@schema_app.command("apply")
def apply_schema() -> None:
    """Create what is missing in the configured database; never drops or rewrites anything."""
    with open_postgres().session("schema apply") as session:
        done = schema.apply(session)
    for line in done or ["Nothing to do: the schema is complete."]:
        out.print(line, highlight=False)


@app.command()
def status(
    *,
    watch: Annotated[bool, typer.Option("--watch", help="Keep looking until the cycle has ended.")] = False,
    all_chunks: Annotated[bool, typer.Option("--all", help="Completed chunks too.")] = False,
) -> None:
    """Show the newest cycle: its chunks by status, rows, rate, time left, and what is stuck."""
    with open_postgres().session("status") as session:
        schema.require(session)
        cycle, picture = render(session, only_undone=not all_chunks)
        if not watch:
            out.print(picture)
            return
        with Live(picture, console=out, auto_refresh=False) as live:
            while cycle.state == "open":
                time.sleep(1)
                cycle, picture = render(session, only_undone=not all_chunks)
                live.update(picture, refresh=True)


@app.command()
def retry(*, yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False) -> None:
    """Do the failed and stuck chunks of the open cycle again, here and now."""
    database = open_postgres()
    with database.session("retry") as session:
        schema.require(session)
        keys = recovery.retryable(session, database.settings.resume_max_age_hours)
    if not keys:
        out.print("No cycle is open that has a failed or stuck chunk.")
        return
    out.print(f"To be done again: {', '.join(keys)}.", highlight=False)
    out.print("The job conflict_report resumes the open cycle, does what is not completed, and closes it.")
    if not (yes or typer.confirm("Go on?")):
        raise typer.Abort
    _run_conflict_report()


@app.command()
def cancel(*, yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False) -> None:
    """End the open cycle: what is being written is finished, no more chunks are taken."""
    with open_postgres().session("cancel") as session:
        schema.require(session)
        cycle = ledger.newest_cycle(session)
        if cycle is None or cycle.state != "open":
            out.print("No cycle is open.")
            return
        undone = cycle.chunks - cycle.completed
        out.print(f"Cycle {cycle.cycle_key} will end; {undone} of its {cycle.chunks} chunks stay undone.")
        if not (yes or typer.confirm("Go on?")):
            raise typer.Abort
        recovery.cancel(session)
    out.print("Cancelled. The next cycle starts afresh.")


@app.command("dev")
def run_dev(port: Annotated[int, typer.Option(help="Of the UI.")] = 3000) -> None:
    """Dagster's UI and daemon on 127.0.0.1, sensors included."""
    raise typer.Exit(dev.run(port))


@app.command()
def demo(
    rows: Annotated[int, typer.Option(help="Rows of conflictvisitmaps.")] = SampleSize.conflict_rows,
    visits: Annotated[int, typer.Option(help="Visits.")] = SampleSize.visits,
    seed: Annotated[int, typer.Option(help="The same seed gives the same sample.")] = SampleSize.seed,
    *,
    load_only: Annotated[bool, typer.Option("--load-only", help="Load the sample, run nothing.")] = False,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Drop the embedded server's database first.")
    ] = False,
) -> None:
    """Create the schema and a synthetic sample, and run the job conflict_report on it.

    Uses the embedded Postgres, or the configured database if its tables are empty. Where the embedded one
    holds a sample already, another cycle is run on it.
    """
    size = SampleSize(conflict_rows=rows, visits=visits, seed=seed)
    database = open_postgres()
    if fresh:
        _start_over(database)
    with database.session("demo") as session:
        schema.apply(session)
        counts = None if _holds_sample(database, session) else _load(session, size)
    if load_only:
        return
    out.print("\n[bold]dagster job execute -m conflict_pipeline.definitions -j conflict_report[/bold]")
    _run_conflict_report()
    _show_outcome(database, counts)


def main() -> None:
    """The console script: errors that the user can mend are one line."""
    try:
        app()
    except PipelineError as error:
        sys.exit(f"Error: {error}")
    except psycopg.Error as error:
        sys.exit(f"Error: {describe(error)}")


def _start_over(database: Postgres) -> None:
    if database.settings.postgres_host:
        raise PipelineError(
            "--fresh drops a database, and so only the embedded one. Unset POSTGRES_HOST for it."
        )
    recreate_database(str(database.conninfo["host"]))


def _holds_sample(database: Postgres, session: Session) -> bool:
    if database.settings.postgres_host:
        return False  # load_sample refuses to touch tables that hold rows
    holds = bool(session.one("schema/select_has_conflict_rows")["has_rows"])
    if holds:
        out.print("The embedded Postgres holds a sample already; --fresh loads it anew.")
    return holds


def _load(session: Session, size: SampleSize) -> SampleCounts:
    started = time.monotonic()
    with out.status("Creating the sample…"):
        counts = load_sample(session, size, ledger.today(session))
    out.print(
        f"Sample: {counts.tables['factvisitcallperformance_cr']:,} visits and "
        f"{counts.tables['conflictvisitmaps']:,} conflict rows, in {time.monotonic() - started:.1f} s.",
        highlight=False,
    )
    return counts


def _run_conflict_report() -> None:
    command = [sys.executable, "-W", "ignore:Function", "-m", "dagster", "job", "execute"]
    command += ["-m", "conflict_pipeline.definitions", "-j", "conflict_report"]
    code = subprocess.run(command, check=False).returncode  # noqa: S603
    if code:
        raise typer.Exit(code)


def _show_outcome(database: Postgres, counts: SampleCounts | None) -> None:
    with database.session("demo") as session:
        cycle = ledger.require_cycle(session)
        lines = summary.cycle_lines(session, cycle)
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
    by_rule = {f"  {text}": counts.redetected_by_rule.get(rule, 0) for rule, text in summary.RULES.items()}
    numbers = by_rule | {
        "Rows planned": counts.eligible,
        "Re-detected": counts.redetected,
        "Not re-detected (marked)": counts.not_redetected,
        "Guarded by in-service or PTO": counts.guarded,
        "Unreadable GPS texts": counts.bad_gps,
    }
    return {name: f"{number:,}" for name, number in numbers.items()}


if __name__ == "__main__":
    main()
