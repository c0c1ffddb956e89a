"""`conflict-pipeline …` as an operator types it."""

import inspect
import json
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from conflict_pipeline import cli
from conflict_pipeline.cli import app, main
from conflict_pipeline.cycles import ledger, recovery
from conflict_pipeline.devtools.demo.sample import SampleSize
from conflict_pipeline.errors import PipelineError
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.roles import OWNER, ROLES
from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.conftest import ROLE_PASSWORD
from conflict_pipeline_tests.rows import SSN, chunk, cycle, insert, pair, read, settings
from conflict_pipeline_tests.small_cycles import (
    SSNS,
    allow,
    cycle_states,
    do,
    finished_cycle,
    in_progress,
    plan,
    refuse,
    states,
    world,
)

__all__ = ["world"]  # fixture

SMALL_SAMPLE = ("--rows", "500", "--visits", "600", "--load-only", "--yes")


@pytest.fixture(autouse=True)
def _wide_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")


def invoke(*arguments: str, answer: str | None = None) -> Result:
    return CliRunner().invoke(app, arguments, input=answer)


def refusal(*arguments: str) -> str:
    """The message of the error that the console script prints as one line."""
    error = invoke(*arguments).exception
    assert isinstance(error, PipelineError)
    assert "\n" not in str(error)
    return str(error)


def test_the_schema_is_applied_and_then_there_is_nothing_to_do(empty_database: Postgres) -> None:
    first, second = (invoke("schema", "apply", "--seed") for _ in range(2))

    assert (first.exit_code, second.exit_code) == (0, 0)
    assert "conflictvisitmaps" in first.output
    assert "seeded conflict.settings with 1 default row" in first.output
    assert second.output == "Nothing to do: the schema is complete.\n"


def test_roles_are_created_by_an_administrator_and_granted_by_the_owner(
    empty_database: Postgres, environment: Callable[..., Postgres]
) -> None:
    name = empty_database.conninfo["dbname"]
    with empty_database.session("test") as session:
        try:
            first, second = invoke("schema", "roles"), invoke("schema", "roles")
            session.conn.execute(f"ALTER ROLE {OWNER} PASSWORD '{ROLE_PASSWORD}'".encode())
            environment(name, POSTGRES_USER=OWNER, POSTGRES_PASSWORD=ROLE_PASSWORD)
            applied, again = invoke("schema", "apply"), invoke("schema", "apply")
        finally:
            for role in ROLES:
                session.conn.execute(f"DROP OWNED BY {role} CASCADE; DROP ROLE {role}".encode())

    assert first.output.splitlines() == [f"created role {role}" for role in ROLES]
    assert second.output == "Nothing to do: the roles exist.\n"
    assert re.search(r"granted conflict_worker \d+ privileges\ngranted conflict_reader \d+", applied.output)
    assert again.output == "Nothing to do: the schema is complete.\n"


def test_without_the_schema_a_command_names_the_one_that_creates_it(empty_database: Postgres) -> None:
    for command in ("status", "retry", "cancel"):
        assert "conflict-pipeline schema apply" in refusal(command)


def test_before_the_first_plan_a_command_names_the_job_to_run(database: Postgres) -> None:
    assert "Run the job" in invoke("status").output
    assert "Run the job" in refusal("retry")
    assert "Run the job" in refusal("report")
    assert invoke("cancel", "--yes").output == "No cycle is open.\n"


@pytest.mark.parametrize("form", ["text", "json"])
def test_the_exit_code_of_the_status_is_0_unless_it_is_asked_for(session: Session, form: str) -> None:
    options = ["--json"] if form == "json" else []
    codes = []
    for state, chunk_state in (("completed", "completed"), ("superseded", "skipped"), ("open", "failed")):
        added = cycle(session, cycle_key=f"c_{state}", state=state)
        chunk(session, added, state=chunk_state, from_ssn=SSN)
        results = [invoke("status", *options), invoke("status", *options, "--exit-code")]
        assert SSN not in results[0].output
        codes.append([result.exit_code for result in results])

    assert codes == [[0, 0], [0, 4], [0, 3]]


def test_the_status_for_scripts_is_json_alone(session: Session) -> None:
    added = cycle(session)
    for number, state in enumerate(("completed", "failed"), start=1):
        chunk(session, added, number, state=state)

    undone, every = (json.loads(invoke("status", "--json", *all_).stdout) for all_ in ([], ["--all"]))

    assert [row["status"] for row in undone["chunks"]] == ["failed"]
    assert [row["status"] for row in every["chunks"]] == ["completed", "failed"]


def test_watching_shows_text_only(database: Postgres) -> None:
    result = invoke("status", "--watch", "--json")

    assert (result.exit_code, "exclude each other" in result.output) == (2, True)


def test_watching_goes_on_until_the_cycle_has_ended(
    database: Postgres, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings(session)
    cycle(session)
    monkeypatch.setattr(time, "sleep", lambda _: recovery.cancel(session))

    result = invoke("status", "--watch", "--exit-code")

    assert (result.exit_code, "is superseded." in result.output) == (4, True)


def test_a_confirmed_cancellation_ends_the_cycle(session: Session) -> None:
    settings(session, InProgressFlag=1)
    opened = cycle(session)
    for number, state in enumerate(("completed", "pending", "failed"), start=1):
        chunk(session, opened, number, state=state)

    result = invoke("cancel", answer="y\n")

    assert result.exit_code == 0
    assert f"Cycle {opened['cycle_key']} will end with 2 of its 3 chunks not completed." in result.output
    assert cycle_states(session) == ["superseded"]
    assert states(session) == ["completed", "skipped", "skipped"]
    assert in_progress(session) == 2


@pytest.mark.parametrize("command", ["cancel", "retry"])
def test_without_confirmation_nothing_is_changed(session: Session, command: str) -> None:
    chunk(session, cycle(session), state="failed")

    for answer in ("n\n", "\n", ""):
        result = invoke(command, answer=answer)
        assert (result.exit_code, "Continue?" in result.output) == (1, True)

    assert (cycle_states(session), states(session)) == (["open"], ["failed"])


def test_a_cancellation_with_yes_does_not_ask(session: Session) -> None:
    settings(session)
    chunk(session, cycle(session))

    result = invoke("cancel", "--yes")

    assert (result.exit_code, "Continue?" in result.output) == (0, False)
    assert cycle_states(session) == ["superseded"]


@pytest.mark.parametrize("state", ["completed", "superseded"])
def test_a_cycle_that_has_ended_is_neither_cancelled_nor_retried(session: Session, state: str) -> None:
    chunk(session, cycle(session, state=state), state="failed")

    assert invoke("cancel", "--yes").output == "No cycle is open.\n"
    assert invoke("retry", "--yes").output == "No open cycle has a failed or stuck chunk.\n"
    assert cycle_states(session) == [state]


def test_a_cycle_without_a_failed_chunk_is_not_retried(session: Session) -> None:
    chunk(session, cycle(session), state="pending")

    result = invoke("retry", "--yes")

    assert (result.exit_code, result.output) == (0, "No open cycle has a failed or stuck chunk.\n")


def test_a_retry_names_the_chunks_before_it_asks(session: Session) -> None:
    opened = cycle(session)
    for number, state in enumerate(("failed", "running", "completed"), start=1):
        chunk(session, opened, number, state=state)

    output = invoke("retry", answer="n\n").output

    assert f"Chunks to run again: {opened['cycle_key']}_0001, {opened['cycle_key']}_0002." in output


def test_a_retry_runs_the_failed_chunks_again_and_closes_the_cycle(
    database: Postgres, world: Session, capfd: pytest.CaptureFixture[str]
) -> None:
    refuse(world, SSNS[1])
    first, failing, last = plan(world)
    do(database, first, last)
    with pytest.raises(PipelineError):
        do(database, failing)
    allow(world)

    result = invoke("retry", "--yes")

    printed = result.output + "".join(capfd.readouterr())
    assert result.exit_code == 0, printed
    assert cycle_states(world) == ["completed"]
    assert [row["attempts"] for row in read(world, "conflict_chunk")] == [1, 2, 1]
    assert "The cycle is complete." in printed
    assert "is superseded and its usage is discouraged" not in printed
    assert not [ssn for ssn in SSNS if ssn in printed]


def test_a_sample_is_loaded_into_a_configured_database_without_rows(empty_database: Postgres) -> None:
    result = invoke("demo", *SMALL_SAMPLE)

    assert result.exit_code == 0
    assert "Sample: 600 visits and 500 conflict rows" in result.output
    with empty_database.session("test") as session:
        assert len(read(session, "conflictvisitmaps")) == 500
        assert ledger.newest_cycle(session) is None


def test_no_sample_is_loaded_into_a_database_that_holds_rows(session: Session) -> None:
    before = pair(session)

    assert "conflict.conflictvisitmaps" in refusal("demo", *SMALL_SAMPLE)
    assert read(session, "conflictvisitmaps") == [before]


def test_a_configured_database_is_not_dropped(session: Session) -> None:
    insert(session, "conflicts", CONFLICTID=7)

    assert refusal("demo", "--fresh", *SMALL_SAMPLE).startswith("--fresh drops a database")
    assert len(read(session, "conflicts")) == 1


def test_a_sample_that_is_too_small_is_refused_before_anything_is_written(empty_database: Postgres) -> None:
    assert refusal("demo", "--rows", "10").startswith("Sample size: conflict_rows is 10")
    with empty_database.session("test") as session:
        row = session.conn.execute("SELECT to_regnamespace('conflict') AS schema").fetchone()
    assert row == {"schema": None}


def test_dev_fails_before_it_starts_anything_where_its_port_is_taken_or_out_of_range(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "dagster.yaml").touch()
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert f"cannot listen on 127.0.0.1:{port}" in refusal("dev", "--port", str(port))

    assert [invoke("dev", "--port", port).exit_code for port in ("0", "65536")] == [2, 2]
    assert [path.name for path in tmp_path.iterdir()] == ["dagster.yaml"]


def test_the_defaults_of_the_demo_are_those_of_the_sample() -> None:
    defaults = {name: option.default for name, option in inspect.signature(cli.demo).parameters.items()}

    assert SampleSize(defaults["rows"], defaults["visits"], defaults["seed"]) == SampleSize()


def test_the_version_is_that_of_the_package() -> None:
    assert invoke("--version").output == f"conflict-pipeline {version('conflict-pipeline')}\n"


def test_the_console_script_prints_an_error_as_one_line_and_exits_with_1(database: Postgres) -> None:
    script = Path(sys.executable).with_name("conflict-pipeline")

    run = subprocess.run([script, "retry"], capture_output=True, text=True, check=False)

    assert (run.returncode, run.stdout) == (1, "")
    assert re.fullmatch(r"Error: No cycle has been planned yet\. Run the job .*\n", run.stderr)


def test_help_version_and_status_import_neither_dagster_nor_clients_of_other_services(
    database: Postgres,
) -> None:
    program = """
import sys
from typer.testing import CliRunner
from conflict_pipeline.cli import app
for arguments in (["--help"], ["--version"], ["status"], ["status", "--json"]):
    assert CliRunner().invoke(app, arguments).exit_code == 0, arguments
print(sorted({"boto3", "botocore", "dagster", "snowflake.connector"} & sys.modules.keys()))
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert (run.stdout, run.stderr) == ("[]\n", "")


def test_the_report_is_written_on_demand_and_opened(
    database: Postgres, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    finished = finished_cycle(database, session)
    opened: list[str] = []
    monkeypatch.setattr(typer, "launch", opened.append)

    assert invoke("report", "--open").exit_code == 0

    (folder,) = (tmp_path / "reports").iterdir()
    assert folder.name == finished.cycle_key
    assert opened == [(folder / "report.html").as_uri()]


def test_a_cycle_that_is_not_completed_has_no_report(
    database: Postgres, world: Session, tmp_path: Path
) -> None:
    plan(world)

    assert "is open: an HTML report needs a completed cycle" in refusal("report")
    assert list(tmp_path.iterdir()) == []


def printed_by_main(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: Exception
) -> str:
    """What the console script prints when a command raises the error."""

    def fail() -> None:
        raise error

    monkeypatch.setattr(sys, "argv", ["conflict-pipeline", "status"])
    monkeypatch.setattr("conflict_pipeline.postgres.database.open_postgres", fail)
    with pytest.raises(SystemExit) as end:
        main()
    captured = capsys.readouterr()
    assert captured.out == ""
    # With a text as the code, Python prints it and exits with 1.
    return captured.err if end.value.code == 1 else f"{end.value.code}\n"


def test_an_unexpected_error_is_one_line_without_its_message(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = printed_by_main(monkeypatch, capsys, ValueError(f"no number: {SSN}"))

    assert re.fullmatch(r"Error: ValueError in cli\.py:\d+, a bug in conflict_pipeline; .*\n", text)


def test_with_log_format_json_an_error_is_one_object(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LOG_FORMAT", "json")

    line = json.loads(printed_by_main(monkeypatch, capsys, PipelineError("Do this.")))

    assert (line["level"], line["message"]) == ("ERROR", "Do this.")
