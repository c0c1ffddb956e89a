"""`conflict-pipeline …`: what Dagster's own commands do not do."""

import json
import sys
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.live import Live

from conflict_pipeline.cycles import ledger, recovery, set_up
from conflict_pipeline.cycles.status import as_json, render
from conflict_pipeline.defs.console import operators_logger
from conflict_pipeline.defs.job_process import execute_job
from conflict_pipeline.devtools import dev
from conflict_pipeline.devtools.bench import run as benchmark
from conflict_pipeline.devtools.bench.options import Options
from conflict_pipeline.devtools.demo import run as demonstration
from conflict_pipeline.devtools.demo.sample import SampleSize
from conflict_pipeline.errors import describe
from conflict_pipeline.parity.compare import compare
from conflict_pipeline.parity.report import is_failure, print_result, write_file
from conflict_pipeline.postgres import roles, schema
from conflict_pipeline.postgres.database import open_postgres
from conflict_pipeline.postgres.seed import insert_defaults
from conflict_pipeline.report.publish import publish_newest
from conflict_pipeline.settings import log_format
from conflict_pipeline.snowflake.account import open_snowflake

app = typer.Typer(
    help="Keeps the home-care visit conflict report in Postgres up to date.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
schema_app = typer.Typer(help="Tables, indexes, ledger and roles.", no_args_is_help=True)
app.add_typer(schema_app, name="schema")
out = Console()


@schema_app.command("apply")
def apply_schema(
    *,
    seed: Annotated[
        bool,
        typer.Option("--seed", help="Fill the tables settings and mph with defaults where they are empty."),
    ] = False,
) -> None:
    """Create what is missing in the configured database; never drops or rewrites anything.

    Grants the roles conflict_worker and conflict_reader what they need, if the server has them.
    """
    database = open_postgres()
    with database.session("schema apply") as session:
        done = set_up.apply_schema(session, loads=database.settings.loads_from_snowflake)
        if seed:
            done += insert_defaults(session)
    for line in done or ["Nothing to do: the schema is complete."]:
        out.print(line, highlight=False)


@schema_app.command("roles")
def create_roles() -> None:
    """Create the roles that are missing, as a user who may: owner, worker, reader, and Dagster's."""
    with open_postgres().session("schema roles") as session:
        done = roles.create_roles(session)
    for line in done or ["The roles are there."]:
        out.print(line, highlight=False)


@app.command()
def status(
    *,
    watch: Annotated[bool, typer.Option("--watch", help="Keep looking until the cycle has ended.")] = False,
    all_chunks: Annotated[bool, typer.Option("--all", help="Completed chunks too.")] = False,
    json_output: Annotated[bool, typer.Option("--json", help="One JSON object, for scripts.")] = False,
) -> None:
    """Show the newest cycle: its chunks by status, rate, time left, what is stuck; and the last cycles."""
    with open_postgres().session("status") as session:
        schema.require(session)
        if json_output:
            typer.echo(json.dumps(as_json(session), indent=2))
            return
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
        keys = recovery.retryable_chunks(session, database.settings.resume_max_age_hours)
    if not keys:
        out.print("No cycle is open that has a failed or stuck chunk.")
        return
    out.print(f"To be done again: {', '.join(keys)}.", highlight=False)
    out.print("The job conflict_report resumes the open cycle, does what is not completed, and closes it.")
    if not (yes or typer.confirm("Go on?")):
        raise typer.Abort
    execute_job("conflict_report")


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


@app.command()
def parity() -> None:
    """Compare conflictvisitmaps in Snowflake with the one in Postgres; shows IDs and column names only."""
    postgres = open_postgres()
    result = compare(postgres, open_snowflake(), lambda text: out.print(text, highlight=False))
    print_result(result, write_file(result, postgres.settings), out)
    raise typer.Exit(int(is_failure(result, postgres.settings)))


@app.command()
def report(*, show: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False) -> None:
    """Write the HTML report of the newest cycle, which must be completed, and its numbers as Parquet."""
    published = publish_newest(open_postgres())
    out.print(f"The HTML report is in {published.path}", highlight=False, soft_wrap=True)
    if published.s3_path:
        out.print(f"and in {published.s3_path}", highlight=False, soft_wrap=True)
    if show:
        typer.launch(published.path.as_uri())


@app.command()
def bench(
    rows: Annotated[int, typer.Option(help="Rows of conflictvisitmaps.")] = 113_000,
    visits: Annotated[int, typer.Option(help="Visits.")] = 432_000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same sample.")] = SampleSize.seed,
    chunk_rows: Annotated[
        int | None,
        typer.Option(help="Rows that a chunk should have, whatever its keys; else a cycle's defaults."),
    ] = None,
    repeat: Annotated[int, typer.Option(help="So many times; each candidate's quickest counts.")] = 1,
    earlier_chunks: Annotated[
        int, typer.Option(help="So many chunks as the earlier pipeline did them, five at once; extrapolated.")
    ] = 0,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write all numbers to this file.")] = None,
    *,
    jobs: Annotated[bool, typer.Option(help="Whole Dagster jobs too.")] = True,
    backfill: Annotated[
        bool, typer.Option("--backfill", help="A run for each chunk too, five at once.")
    ] = False,
    explain: Annotated[bool, typer.Option("--explain", help="Write the plans of one chunk too.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Exit with 1 where a ratio is too high.")] = False,
) -> None:
    """Measure the update beside the least that it can cost, in databases of its own, dropped afterwards.

    Puts full load on the configured server, whose user must be allowed to create databases, or on the
    embedded one.
    """
    options = Options(
        size=SampleSize(conflict_rows=rows, visits=visits, seed=seed),
        chunk_rows=chunk_rows,
        repeat=repeat,
        earlier_chunks=earlier_chunks,
        with_jobs=jobs,
        with_backfill=backfill,
        explain=explain,
        check=check,
        json_file=json_file,
    )
    raise typer.Exit(benchmark.run(options, out))


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
    """Create the schema and a synthetic sample, load it from the Snowflake emulator, and run a whole cycle.

    Uses the embedded Postgres, or the configured database if its tables are empty, which is given the sample
    directly. Where the embedded one holds a sample already, another load and cycle are run on it.
    """
    size = SampleSize(conflict_rows=rows, visits=visits, seed=seed)
    demonstration.run(size, out, load_only=load_only, fresh=fresh)


def main() -> None:
    """The console script: an error is one line, without a value and without a stack trace."""
    try:
        app()
    except Exception as error:  # noqa: BLE001 - whose message may hold a value
        message = describe(error)
        if log_format() == "json":
            operators_logger().error(message)
            sys.exit(1)
        sys.exit(f"Error: {message}")


if __name__ == "__main__":
    main()
