"""Partition keys of chunks, such as `c20261123t021500_0007`: cycle and chunk number, and no SSN."""

import re
from collections.abc import Mapping

from conflict_pipeline.errors import PipelineError

# The tag under which Dagster keeps the partition key of a run.
PARTITION_TAG = "dagster/partition"


def partition_key(cycle_key: str, chunk_number: int) -> str:
    """Return `c20261123t021500_0007`, which sorts by cycle and chunk and is never reused."""
    return f"{cycle_key}_{chunk_number:04d}"


def cycle_key(partition_key: str) -> str | None:
    """Return the cycle key in a partition key; None for any other text."""
    found = re.fullmatch(r"(c[0-9]{8}t[0-9]{6})_[0-9]{4,9}", partition_key)
    return found[1] if found else None


def tagged_key(tags: Mapping[str, str]) -> str | None:
    """Return the partition key in a run's tags; None without one, or for any other text in its place."""
    key = tags.get(PARTITION_TAG)
    return key if key is not None and cycle_key(key) else None


def require_key(key: str) -> None:
    """Raise PipelineError for a text that is not a partition key; the message does not repeat the text."""
    if cycle_key(key) is None:
        raise PipelineError(
            "This is not the partition key of a chunk, which looks like c20261123t021500_0007. "
            "`conflict-pipeline status` lists those of the newest cycle."
        )
