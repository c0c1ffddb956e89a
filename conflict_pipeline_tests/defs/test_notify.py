"""What people are told through SNS, as moto answers for it: a queue that is subscribed to the topic."""

import json
import logging
from typing import Any

import boto3
import dagster as dg
import pytest

from conflict_pipeline.defs.console import console_logger, operators_logger
from conflict_pipeline.defs.failures import as_dagster_failures
from conflict_pipeline.defs.notify import TopicHandler
from conflict_pipeline.errors import PipelineError
from conflict_pipeline.logs import about

CYCLE = "c20261123t021500"


class Inbox:
    """A topic, and what has arrived at its subscriber."""

    def __init__(self) -> None:
        self.topic = boto3.client("sns").create_topic(Name="operators")["TopicArn"]
        self._sqs = boto3.client("sqs")
        self._queue = self._sqs.create_queue(QueueName="inbox")["QueueUrl"]
        arn = self._sqs.get_queue_attributes(QueueUrl=self._queue, AttributeNames=["QueueArn"])
        boto3.client("sns").subscribe(
            TopicArn=self.topic, Protocol="sqs", Endpoint=arn["Attributes"]["QueueArn"]
        )

    def messages(self) -> list[tuple[str, str]]:
        """Subjects and bodies."""
        found = self._sqs.receive_message(QueueUrl=self._queue, MaxNumberOfMessages=10).get("Messages", [])
        bodies = [json.loads(message["Body"]) for message in found]
        return [(body["Subject"], body["Message"]) for body in bodies]


@pytest.fixture
def inbox(aws: None, monkeypatch: pytest.MonkeyPatch) -> Inbox:
    """The topic that the settings name."""
    inbox = Inbox()
    monkeypatch.setenv("NOTIFY_SNS_TOPIC_ARN", inbox.topic)
    # The topic's own region counts.
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    return inbox


@pytest.mark.parametrize(
    ("known", "subject"),
    [
        ({"event": "run_failed", "job": "task_01", "run_id": "r1"}, "Run of task_01 failed"),
        ({"event": "chunks_stuck", "cycle": CYCLE, "chunks": 3}, f"3 chunks of {CYCLE} are stuck"),
        ({"event": "cycle_completed", "cycle": CYCLE, "seconds": 7.5}, f"Cycle {CYCLE} is complete"),
    ],
    ids=lambda value: value["event"] if isinstance(value, dict) else "",
)
def test_each_event_is_one_message_of_what_where_and_what_to_do(
    inbox: Inbox, known: dict[str, Any], subject: str
) -> None:
    operators_logger().info("What has happened.", extra=about(**known))

    ((found, body),) = inbox.messages()
    assert found == f"conflict_pipeline: {subject}"
    what, where, next_step = body.strip().split("\n\n")
    assert what == "What has happened."
    assert where.splitlines() == [f"{name}: {value}" for name, value in known.items() if name != "event"]
    assert next_step.startswith(("Next step: ", "No action is needed."))


def test_a_line_without_an_event_is_no_message(inbox: Inbox) -> None:
    operators_logger().error("Not for every topic.", extra=about(chunk=f"{CYCLE}_0001"))

    assert inbox.messages() == []


def test_a_subject_is_no_longer_than_sns_takes(inbox: Inbox) -> None:
    operators_logger().error("x", extra=about("run_failed", job="j" * 200))

    ((subject, _),) = inbox.messages()
    assert len(subject) == 100


def test_a_text_of_any_length_arrives_cut_and_with_what_to_do(inbox: Inbox) -> None:
    operators_logger().error("c20261123t021500_0007, " * 20_000, extra=about("run_failed", job="j"))

    ((_, body),) = inbox.messages()
    assert 10_000 < len(body) < 11_000
    assert "Next step: " in body


@pytest.mark.parametrize(
    ("tags", "messages"), [({}, 1), ({"dagster/code_location": "x"}, 0)], ids=["terminal", "launched"]
)
def test_a_run_that_fails_in_a_terminal_says_so_and_of_a_launched_one_the_sensor_does(
    inbox: Inbox, tags: dict[str, str], messages: int
) -> None:
    @dg.op
    def fail() -> None:
        with as_dagster_failures():
            raise PipelineError("Table settings must hold one row.")

    @dg.job(logger_defs={"console": console_logger})
    def night() -> None:
        fail()

    with dg.DagsterInstance.ephemeral() as instance:
        result = night.execute_in_process(
            instance=instance, run_config={"loggers": {"console": {}}}, tags=tags, raise_on_error=False
        )

    found = inbox.messages()
    assert len(found) == messages
    for subject, body in found:
        assert subject == "conflict_pipeline: Run of night failed"
        assert body.startswith("Table settings must hold one row.\n\njob: night\n")
        assert f"run_id: {result.run_id}\n" in body


def test_a_topic_that_is_gone_is_one_warning(aws: None, capsys: pytest.CaptureFixture[str]) -> None:
    logger = operators_logger()
    logger.addHandler(TopicHandler("arn:aws:sns:us-east-1:123456789012:gone", warn=logger.warning))

    logger.info("The cycle is complete.", extra=about("cycle_completed", cycle=CYCLE))

    said, warning = capsys.readouterr().err.splitlines()
    assert said.endswith(": The cycle is complete.")
    assert "WARNING: The event cycle_completed was not sent: SNS reports NotFound" in warning
    assert "(NOTIFY_SNS_TOPIC_ARN is arn:aws:sns:us-east-1:123456789012:gone)" in warning


def test_without_credentials_it_is_one_warning(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    warnings: list[str] = []
    logger = logging.Logger("test")  # noqa: LOG001
    logger.addHandler(TopicHandler("arn:aws:sns:us-east-1:123456789012:t", warn=warnings.append))

    logger.error("x", extra=about("run_failed", job="j"))

    (warning,) = warnings
    assert warning.startswith("The event run_failed was not sent: SNS reports NoCredentialsError (")
