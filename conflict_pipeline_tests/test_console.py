"""What a run prints. Dagster's own loggers are left out, as the jobs do it (console.TO_CONSOLE)."""

import re
from typing import Any

import dagster as dg
import pytest

from conflict_pipeline.console import console_logger
from conflict_pipeline.errors import PipelineError, clear_failures

CONSOLE: dict[str, Any] = {"loggers": {"console": {"config": {}}}}


@dg.op
def speak(context: dg.OpExecutionContext) -> None:
    context.log.debug("too much")
    context.log.info("first line\n  second line")
    context.log.warning("take care")


@dg.op
def fail(context: dg.OpExecutionContext) -> None:
    with clear_failures():
        raise PipelineError("Table settings must hold one row. Mend it.")


@dg.op
def crash(context: dg.OpExecutionContext) -> None:
    raise ZeroDivisionError


@dg.op
def record(context: dg.OpExecutionContext) -> None:
    context.log_event(dg.AssetMaterialization("table"))


def printed(
    capsys: pytest.CaptureFixture[str], op: dg.OpDefinition, config: dict[str, Any] | None = None
) -> str:
    """What a run of the op prints, without the times."""

    @dg.job(name="night", logger_defs={"console": console_logger})
    def job() -> None:
        op()

    with dg.DagsterInstance.ephemeral() as instance:
        job.execute_in_process(instance=instance, run_config=config or CONSOLE, raise_on_error=False)
    captured = capsys.readouterr()
    assert captured.out == ""
    return re.sub(r"^\d\d:\d\d:\d\d ", "", captured.err, flags=re.MULTILINE)


def test_a_line_says_job_step_and_message_and_events_are_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, speak)

    assert text == "night speak: first line\n  second line\nnight speak WARNING: take care\n"


def test_an_error_that_can_be_mended_is_its_message_once(capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, fail)

    assert text == "night fail ERROR: Table settings must hold one row. Mend it.\n"


def test_an_unexpected_error_keeps_its_stack_trace(capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, crash)

    assert "ZeroDivisionError" in text
    assert re.search(r"line \d+, in crash", text)
    assert text.count("ERROR:") == 1


def test_a_run_that_only_records_prints_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(capsys, record) == ""


def test_the_threshold_is_in_the_config(capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, speak, {"loggers": {"console": {"config": {"log_level": "WARNING"}}}})

    assert text == "night speak WARNING: take care\n"


def test_two_runs_of_a_process_print_their_lines_once(capsys: pytest.CaptureFixture[str]) -> None:
    printed(capsys, speak)

    assert printed(capsys, speak).count("take care") == 1
