"""What a run prints. Dagster's own loggers are left out, as in the jobs (console.TO_CONSOLE)."""

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster._core.execution.compute_logs import redirect_to_file

from conflict_pipeline.defs.console import console_logger, operators_logger
from conflict_pipeline.defs.failures import as_dagster_failures
from conflict_pipeline.errors import PipelineError
from conflict_pipeline.logs import about
from conflict_pipeline_tests.rows import SSN

CONSOLE: dict[str, Any] = {"loggers": {"console": {"config": {}}}}


@dg.op
def log_three_lines(context: dg.OpExecutionContext) -> None:
    context.log.debug("too much")
    context.log.info("first line\n  second line")
    context.log.warning("take care")


@dg.op
def fail(context: dg.OpExecutionContext) -> None:
    with as_dagster_failures():
        raise PipelineError("Table settings must hold one row. Fix it.")


@dg.op
def fail_with_a_value(context: dg.OpExecutionContext) -> None:
    try:
        int(SSN, base=2)
    except ValueError as error:
        raise LookupError(f"no number: {SSN}") from error


@dg.op
def log_about_a_chunk(context: dg.OpExecutionContext) -> None:
    context.log.warning("again", extra=about(chunk="c20261123t021500_0007", attempt=2))


@dg.op
def crash(context: dg.OpExecutionContext) -> None:
    raise ZeroDivisionError


@dg.op
def record(context: dg.OpExecutionContext) -> None:
    context.log_event(dg.AssetMaterialization("table"))


def run(
    capsys: pytest.CaptureFixture[str],
    op: dg.OpDefinition,
    config: dict[str, Any] | None = None,
    tags: Mapping[str, str] | None = None,
) -> str:
    """What a run of the op prints."""

    @dg.job(name="night", logger_defs={"console": console_logger})
    def job() -> None:
        op()

    with dg.DagsterInstance.ephemeral() as instance:
        job.execute_in_process(
            instance=instance, run_config=config or CONSOLE, tags=tags, raise_on_error=False
        )
    captured = capsys.readouterr()
    assert captured.out == ""
    return captured.err


def printed(
    capsys: pytest.CaptureFixture[str], op: dg.OpDefinition, config: dict[str, Any] | None = None
) -> str:
    """The same, without the times."""
    return re.sub(r"^\d\d:\d\d:\d\d ", "", run(capsys, op, config), flags=re.MULTILINE)


def objects(
    capsys: pytest.CaptureFixture[str], op: dg.OpDefinition, tags: Mapping[str, str] | None = None
) -> list[dict[str, Any]]:
    """The same, with LOG_FORMAT=json: each line is an object."""
    return [json.loads(line) for line in run(capsys, op, tags=tags).splitlines()]


def test_a_line_holds_job_step_and_message_and_events_are_left_out(
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = printed(capsys, log_three_lines)

    assert (
        text == "night log_three_lines: first line\n  second line\nnight log_three_lines WARNING: take care\n"
    )


def test_an_error_that_can_be_fixed_is_its_message_once(capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, fail)

    assert text == "night fail ERROR: Table settings must hold one row. Fix it.\n"


def test_an_unexpected_error_keeps_its_stack_trace(capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, crash)

    assert "ZeroDivisionError" in text
    assert re.search(r"line \d+, in crash", text)
    assert text.count("ERROR:") == 1


def test_a_run_that_only_records_prints_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(capsys, record) == ""


def test_the_threshold_is_in_the_config(capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, log_three_lines, {"loggers": {"console": {"config": {"log_level": "WARNING"}}}})

    assert text == "night log_three_lines WARNING: take care\n"


def test_two_runs_of_a_process_print_their_lines_once(capsys: pytest.CaptureFixture[str]) -> None:
    printed(capsys, log_three_lines)

    assert printed(capsys, log_three_lines).count("take care") == 1


def test_an_unexpected_error_is_printed_without_values(capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, fail_with_a_value)

    assert "LookupError" in text
    assert "ValueError" in text
    assert SSN not in text


@pytest.fixture
def as_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOG_FORMAT", "json")


def test_as_json_a_line_is_an_object_of_what_is_known(
    as_json: None, capsys: pytest.CaptureFixture[str]
) -> None:
    before = datetime.now(UTC)
    first, second = objects(capsys, log_three_lines)

    at = datetime.fromisoformat(first.pop("time"))
    assert before.replace(microsecond=0) <= at <= datetime.now(UTC)
    assert at.utcoffset() == before.utcoffset()
    assert first.pop("run_id") == second["run_id"]
    assert first == {
        "level": "INFO",
        "logger": "conflict_pipeline",
        "message": "first line\n  second line",
        "job": "night",
        "step": "log_three_lines",
    }
    assert (second["level"], second["message"]) == ("WARNING", "take care")


def test_as_json_a_line_about_a_chunk_names_chunk_and_cycle(
    as_json: None, capsys: pytest.CaptureFixture[str]
) -> None:
    (line,) = objects(capsys, log_about_a_chunk)

    assert (line["chunk"], line["cycle"]) == ("c20261123t021500_0007", "c20261123t021500")
    assert line["attempt"] == 2


def test_as_json_each_line_of_a_chunk_run_names_chunk_and_cycle(
    as_json: None, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = objects(capsys, log_three_lines, {"dagster/partition": "c20261123t021500_0007"})

    assert {(line["chunk"], line["cycle"]) for line in lines} == {
        ("c20261123t021500_0007", "c20261123t021500")
    }


@pytest.mark.parametrize("op", [fail, crash, fail_with_a_value], ids=lambda op: op.name)
def test_as_json_a_run_that_fails_in_a_terminal_is_one_event(
    as_json: None, capsys: pytest.CaptureFixture[str], op: dg.OpDefinition
) -> None:
    step, end = objects(capsys, op)

    assert "event" not in step
    assert (end["event"], end["level"], end["job"]) == ("run_failed", "ERROR", "night")
    assert end["message"] == step["message"]
    assert SSN not in str(step)


def test_as_json_the_failure_of_a_launched_run_is_left_to_the_sensor(
    as_json: None, capsys: pytest.CaptureFixture[str]
) -> None:
    (step,) = objects(capsys, fail, {"dagster/code_location": "conflict_pipeline.definitions"})

    assert "event" not in step


def test_as_json_warnings_of_libraries_and_python_are_objects_without_messages_of_errors(
    as_json: None,
) -> None:
    program = f"""
import logging, warnings
from conflict_pipeline.defs.console import operators_logger
operators_logger().info("ready")
try:
    int("{SSN}x")
except ValueError:
    logging.getLogger("psycopg.pool").warning("connection lost", exc_info=True)
warnings.warn("old")
logging.getLogger("dagster").addHandler(logging.NullHandler())
logging.getLogger("dagster.daemon").warning("printed by its own handler")
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    lines = [json.loads(line) for line in run.stderr.splitlines()]
    assert [line["logger"] for line in lines] == ["conflict_pipeline", "psycopg.pool", "py.warnings"]
    assert (lines[1]["message"], lines[1]["error"]) == ("connection lost", "ValueError")
    assert SSN not in run.stderr


def test_a_wrong_setting_does_not_change_the_format_of_lines(
    as_json: None, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POSTGRES_PORT", "x")

    assert objects(capsys, log_three_lines)[0]["message"] == "first line\n  second line"


def test_a_line_is_not_redirected_with_the_output_of_a_step(
    capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    logger = operators_logger()

    with redirect_to_file(sys.stderr, str(tmp_path / "step.err")):
        logger.warning("take care")
        sys.stderr.write("of the step")

    assert "take care" in capfd.readouterr().err
    assert (tmp_path / "step.err").read_text() == "of the step"
