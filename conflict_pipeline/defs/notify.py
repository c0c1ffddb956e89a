"""Telling people through SNS of what has an event: a failed run, chunks that are stuck, a completed cycle."""

import logging
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from conflict_pipeline import s3
from conflict_pipeline.logs import fields, text

# SNS takes no longer subject; and of a message 256 KB, which a thousand failed chunks could fill.
_LONGEST_SUBJECT = 100
_LONGEST_TEXT = 10_000
_SUBJECTS = {
    "run_failed": "Run of {job} failed",
    "chunks_stuck": "{chunks} chunks of {cycle} are stuck",
    "cycle_completed": "Cycle {cycle} is complete",
}
_NEXT_STEPS = {
    "run_failed": (
        "Next step: remove the cause, and run the job again; chunks that failed, with `conflict-pipeline "
        "retry`. The run's log in Dagster's UI says more."
    ),
    "chunks_stuck": (
        "Next step: `conflict-pipeline status` shows the chunks. Look whether daemon and database are up; "
        "then `conflict-pipeline retry` does the chunks."
    ),
    "cycle_completed": "Nothing has to be done.",
}


class TopicHandler(logging.Handler):
    """Sends records that have an event to an SNS topic; where that fails, `warn` is told, and no more."""

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
                f"Nobody was told of {known['event']}: SNS says {s3.aws_error_code(error)} "
                f"(NOTIFY_SNS_TOPIC_ARN is {self._topic_arn})."
            )

    def _publish(self, subject: str, body: str) -> None:
        # A third of a second, which everybody else would pay.
        import boto3  # noqa: PLC0415
        from botocore.config import Config  # noqa: PLC0415

        # A run must not wait long for a topic that cannot be reached.
        patience = Config(connect_timeout=5, read_timeout=5, retries={"total_max_attempts": 2})
        region = self._topic_arn.split(":")[3]
        client = boto3.Session().client("sns", region_name=region, config=patience)
        client.publish(TopicArn=self._topic_arn, Subject=subject, Message=body)


def _subject(known: Mapping[str, Any]) -> str:
    return f"conflict_pipeline: {_SUBJECTS[known['event']].format(**known)}"[:_LONGEST_SUBJECT]


def _body(message: str, known: Mapping[str, Any]) -> str:
    facts = "\n".join(f"{name}: {value}" for name, value in known.items() if name != "event")
    return f"{message[:_LONGEST_TEXT]}\n\n{facts}\n\n{_NEXT_STEPS[known['event']]}\n"
