"""`conflict-pipeline …`: the commands that Dagster's own command line does not have.

A command imports what it needs when it runs, so that none waits for another's libraries.
"""

import sys
from pathlib import Path
from typing import Annotated

import typer

# Plain help, because only that wraps paragraphs.
app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None)
schema_app = typer.Typer(
    help="Create tables, indexes, the ledger and roles.", no_args_is_help=True, rich_markup_mode=None
)
app.add_typer(schema_app, name="schema")

Yes = Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")]
Seed = Annotated[int, typer.Option(help="Vary the sample; the same seed gives the same rows.")]


def _show_version(wanted: bool) -> None:  # noqa: FBT001 - typer passes it by position
    if not wanted:
        return
    from importlib.metadata import version

    typer.echo(f"conflict-pipeline {version('conflict-pipeline')}")
    raise typer.Exit


@app.callback()
def configure(
    *,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit."),
    ] = False,
) -> None:
    """Keep the home-care visit conflict report in Postgres up to date."""


@schema_app.command("apply")
def apply_schema(
    *,
    seed: Annotated[
        bool,
        typer.Option("--seed", help="Fill the tables settings and mph with defaults where they are empty."),
    ] = False,
) -> None:
    """Create the tables, indexes and the ledger that the database lacks.

    Never drops or rewrites anything. Grants the roles conflict_worker and conflict_reader what they need, if
    the server has these roles.
    """
    from conflict_pipeline.cycles import set_up
    from conflict_pipeline.postgres.database import open_postgres
    from conflict_pipeline.postgres.seed import insert_defaults

    database = open_postgres()
    with database.session("schema apply") as session:
        done = set_up.apply_schema(session, loads=database.settings.loads_from_snowflake)
        if seed:
            done += insert_defaults(session)
    for line in done or ["Nothing to do: the schema is complete."]:
        typer.echo(line)


@schema_app.command("roles")
def create_roles() -> None:
    """Create the roles that the server lacks.

    They are the owner's, the worker's, the reader's and Dagster's. Needs a user who may create roles.
    """
    from conflict_pipeline.postgres import roles
    from conflict_pipeline.postgres.database import open_postgres

    with open_postgres().session("schema roles") as session:
        done = roles.create_roles(session)
    for line in done or ["Nothing to do: the roles exist."]:
        typer.echo(line)


@app.command()
def status(
    *,
    watch: Annotated[bool, typer.Option("--watch", help="Refresh until the cycle has ended.")] = False,
    all_chunks: Annotated[
        bool, typer.Option("--all", help="List completed and skipped chunks, too.")
    ] = False,
    json_output: Annotated[bool, typer.Option("--json", help="Print one JSON object, for scripts.")] = False,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Exit with 3 or 4 where the cycle needs an operator.")
    ] = False,
) -> None:
    """Show the newest cycle, its steps and chunks, and the last cycles.

    Times are in the report time zone. Exit codes with --exit-code, for text and for JSON:

    \b
    0  the cycle is completed, or running without a failure
    3  a step or a chunk failed or is stuck
    4  the cycle was cancelled, or none has been planned

    An error exits with 1, a wrong option with 2.
    """
    import json

    from conflict_pipeline.cycles import status_text
    from conflict_pipeline.cycles.status import as_json, read_status
    from conflict_pipeline.postgres.database import open_postgres

    if watch and json_output:
        raise typer.BadParameter("--watch and --json exclude each other.")
    with open_postgres().session("status") as session:
        found = read_status(session, all_chunks=all_chunks)
        if json_output:
            typer.echo(json.dumps(as_json(found), indent=2))
        elif watch:
            found = status_text.watch(session, found, all_chunks=all_chunks)
        else:
            status_text.show(found)
    if exit_code:
        raise typer.Exit(found.exit_code)


@app.command()
def retry(*, yes: Yes = False) -> None:
    """Run the failed and stuck chunks of the open cycle again.

    The job conflict_report does it in a process of this machine, after a confirmation.
    """
    from conflict_pipeline.cycles import recovery
    from conflict_pipeline.defs.job_process import execute_job
    from conflict_pipeline.postgres import schema
    from conflict_pipeline.postgres.database import open_postgres

    database = open_postgres()
    with database.session("retry") as session:
        schema.require(session)
        keys = recovery.retryable_chunks(session, database.settings.resume_max_age_hours)
    if not keys:
        typer.echo("No open cycle has a failed or stuck chunk.")
        return
    typer.echo(f"Chunks to run again: {', '.join(keys)}.")
    typer.echo(
        "The job conflict_report resumes the cycle, runs all chunks that are not completed, and closes it."
    )
    _confirm(yes=yes)
    execute_job("conflict_report")


@app.command()
def cancel(*, yes: Yes = False) -> None:
    """End the open cycle, after a confirmation.

    Running chunks complete, and no further chunk starts. The next cycle starts with a new plan.
    """
    from conflict_pipeline.cycles import ledger, recovery
    from conflict_pipeline.postgres import schema
    from conflict_pipeline.postgres.database import open_postgres

    with open_postgres().session("cancel") as session:
        schema.require(session)
        cycle = ledger.newest_cycle(session)
        if cycle is None or cycle.state != "open":
            typer.echo("No cycle is open.")
            return
        undone = cycle.chunks - cycle.completed
        typer.echo(
            f"Cycle {cycle.cycle_key} will end with {undone} of its {cycle.chunks} chunks not completed."
        )
        _confirm(yes=yes)
        recovery.cancel(session)
    typer.echo("The cycle is cancelled. The next cycle starts with a new plan.")


@app.command()
def parity() -> None:
    """Compare conflictvisitmaps in Snowflake and in Postgres.

    Shows IDs and names of columns only. Exits with 1 if more rows differ unexpectedly than
    PARITY_FAIL_ABOVE_ROWS.
    """
    from rich.console import Console

    from conflict_pipeline.parity.compare import compare
    from conflict_pipeline.parity.report import is_failure, print_result, write_file
    from conflict_pipeline.postgres.database import open_postgres
    from conflict_pipeline.snowflake.account import open_snowflake

    postgres, out = open_postgres(), Console()
    result = compare(postgres, open_snowflake(), lambda text: out.print(text, highlight=False))
    print_result(result, write_file(result, postgres.settings), out)
    raise typer.Exit(int(is_failure(result, postgres.settings)))


@app.command()
def report(
    *, show: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False
) -> None:
    """Write the HTML report and its Parquet files.

    It is about the newest cycle, which must be completed.
    """
    from conflict_pipeline.postgres.database import open_postgres
    from conflict_pipeline.report.publish import publish_newest

    published = publish_newest(open_postgres())
    typer.echo(f"The HTML report is in {published.path}")
    if published.s3_path:
        typer.echo(f"and in {published.s3_path}")
    if show:
        typer.launch(published.path.as_uri())


@app.command()
def bench(
    rows: Annotated[int, typer.Option(help="Rows of conflictvisitmaps.")] = 113_000,
    visits: Annotated[int, typer.Option(help="Visits.")] = 432_000,
    seed: Seed = 1,
    chunk_rows: Annotated[
        int | None,
        typer.Option(help="Rows of a chunk, regardless of its keys; by default as in a cycle."),
    ] = None,
    repeat: Annotated[
        int, typer.Option(help="Measure this many times; each candidate's fastest counts.")
    ] = 1,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write all figures to this file.")] = None,
    *,
    jobs: Annotated[bool, typer.Option(help="Measure whole Dagster jobs, too.")] = True,
    check: Annotated[
        bool, typer.Option("--check", help="Exit with 1 if a ratio is above its limit.")
    ] = False,
) -> None:
    """Measure a cycle and compare it with the least that it can cost.

    Puts full load on the configured server, whose user must be allowed to create databases, or on the
    embedded one. The databases are dropped afterwards.
    """
    from rich.console import Console

    from conflict_pipeline.devtools.bench import run
    from conflict_pipeline.devtools.bench.options import Options
    from conflict_pipeline.devtools.demo.sample import SampleSize

    options = Options(
        size=SampleSize(conflict_rows=rows, visits=visits, seed=seed),
        chunk_rows=chunk_rows,
        repeat=repeat,
        with_jobs=jobs,
        check=check,
        json_file=json_file,
    )
    raise typer.Exit(run.run(options, Console()))


@app.command()
def dev(
    port: Annotated[int, typer.Option(help="Serve the UI on this port.", min=1, max=65535)] = 3000,
) -> None:
    """Run Dagster's UI and daemon, with its sensors, on 127.0.0.1."""
    from conflict_pipeline.devtools.dev import run

    raise typer.Exit(run(port))


@app.command()
def demo(
    rows: Annotated[int, typer.Option(help="Rows of conflictvisitmaps.")] = 20_000,
    visits: Annotated[int, typer.Option(help="Visits.")] = 100_000,
    seed: Seed = 1,
    *,
    load_only: Annotated[bool, typer.Option("--load-only", help="Load the sample and run no job.")] = False,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Drop the embedded server's database first.")
    ] = False,
    yes: Yes = False,
) -> None:
    """Load a synthetic sample and run a cycle on it.

    Uses the embedded Postgres, which loads the sample from the Snowflake emulator; if it holds a sample
    already, another load and cycle run on that. If a database is configured and its tables are empty, asks
    for a confirmation and writes the sample into it.
    """
    from rich.console import Console

    from conflict_pipeline.devtools.demo import run
    from conflict_pipeline.devtools.demo.sample import SampleSize

    size = SampleSize(conflict_rows=rows, visits=visits, seed=seed)
    run.run(size, Console(), load_only=load_only, fresh=fresh, yes=yes)


def _confirm(*, yes: bool) -> None:
    if not (yes or typer.confirm("Continue?")):
        raise typer.Abort


def main() -> None:
    """Run the console script; an error is one line, without a data value and without a stack trace."""
    try:
        app()
    except Exception as error:  # noqa: BLE001 - its message may hold a value
        from conflict_pipeline.errors import describe
        from conflict_pipeline.logs import create_logger
        from conflict_pipeline.settings import log_format

        message = describe(error)
        if log_format() == "json":
            create_logger(as_json=True).error(message)
            sys.exit(1)
        sys.exit(f"Error: {message}")


if __name__ == "__main__":
    main()
