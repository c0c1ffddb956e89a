"""Partition keys of chunks, `c20261123t021500_0007`: a key names cycle and chunk, and holds no SSN."""

import re
from collections.abc import Mapping

from conflict_pipeline.errors import PipelineError

# The tag under which Dagster keeps the partition key of a run.
PARTITION_TAG = "dagster/partition"


def partition_key(cycle_key: str, chunk_number: int) -> str:
    """`c20261123t021500_0007`: sorts by cycle and chunk, and is never used again."""
    return f"{cycle_key}_{chunk_number:04d}"


def cycle_key(partition_key: str) -> str | None:
    """The cycle that a key names; None of what is no key."""
    found = re.fullmatch(r"(c[0-9]{8}t[0-9]{6})_[0-9]{4,9}", partition_key)
    return found[1] if found else None


def tagged_key(tags: Mapping[str, str]) -> str | None:
    """The key that a run's tags name; None also of anything else that somebody has put there."""
    key = tags.get(PARTITION_TAG)
    return key if key is not None and cycle_key(key) else None


def require_key(key: str) -> None:
    """Raises PipelineError for what is no key, without repeating it: it may be any text, of anybody."""
    if cycle_key(key) is None:
        raise PipelineError(
            "That is no partition key of a chunk: they look like c20261123t021500_0007. "
            "`conflict-pipeline status` lists those of the newest cycle."
        )
