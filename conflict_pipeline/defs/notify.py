"""Notifications through SNS: each log line with an event is also a message to the topic."""

import logging
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from conflict_pipeline import s3
from conflict_pipeline.logs import fields, text

# Characters. SNS rejects longer subjects, and messages above 256 KB, which many failed chunks could exceed.
_MAX_SUBJECT_LENGTH = 100
_MAX_TEXT_LENGTH = 10_000
_SUBJECTS = {
    "run_failed": "Run of {job} failed",
    "chunks_stuck": "{chunks} chunks of {cycle} are stuck",
    "cycle_completed": "Cycle {cycle} is complete",
}
_NEXT_STEPS = {
    "run_failed": (
        "Next step: remove the cause and run the job again, or `conflict-pipeline retry` for failed chunks. "
        "Details are in the run's log in Dagster's UI."
    ),
    "chunks_stuck": (
        "Next step: `conflict-pipeline status` shows the chunks. Check that the daemon and the database are "
        "running, then run `conflict-pipeline retry`."
    ),
    "cycle_completed": "No action is needed.",
}


class TopicHandler(logging.Handler):
    """Sends records that have an event to an SNS topic; a failure to do so is only passed to `warn`."""

    def __init__(self, topic_arn: str, warn: Callable[[str], None]) -> None:
        super().__init__()
        self._topic_arn = topic_arn
        self._warn = warn

    def emit(self, record: logging.LogRecord) -> None:
        known = fields(record)
        if "event" not in known:
            return
        try:
            self._publish(_subject(known), _body(text(record), known))
        except (BotoCoreError, ClientError) as error:
            self._warn(
                f"The event {known['event']} was not sent: SNS reports {s3.aws_error_code(error)} "
                f"(NOTIFY_SNS_TOPIC_ARN is {self._topic_arn})."
            )

    def _publish(self, subject: str, body: str) -> None:
        # Imported here because it takes a third of a second.
        import boto3  # noqa: PLC0415
        from botocore.config import Config  # noqa: PLC0415

        # Short timeouts, so that a run does not wait long for a topic that cannot be reached.
        config = Config(connect_timeout=5, read_timeout=5, retries={"total_max_attempts": 2})
        region = self._topic_arn.split(":")[3]
        client = boto3.Session().client("sns", region_name=region, config=config)
        client.publish(TopicArn=self._topic_arn, Subject=subject, Message=body)


def _subject(known: Mapping[str, Any]) -> str:
    return f"conflict_pipeline: {_SUBJECTS[known['event']].format(**known)}"[:_MAX_SUBJECT_LENGTH]


def _body(message: str, known: Mapping[str, Any]) -> str:
    facts = "\n".join(f"{name}: {value}" for name, value in known.items() if name != "event")
    return f"{message[:_MAX_TEXT_LENGTH]}\n\n{facts}\n\n{_NEXT_STEPS[known['event']]}\n"
