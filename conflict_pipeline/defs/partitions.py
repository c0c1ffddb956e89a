"""The dynamic partitions: one per chunk of a cycle. A key names cycle and chunk, and holds no SSN."""

import re
from collections.abc import Mapping

import dagster as dg

from conflict_pipeline.errors import PipelineError

# At most `default_limit` of dagster.yaml of its chunks are at work at once.
POOL = "conflict_chunk"
PARTITION_TAG = "dagster/partition"
CHUNKS = dg.DynamicPartitionsDefinition(name="conflict_chunks")


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


def register(instance: dg.DagsterInstance, keys: list[str], old_keys: list[str]) -> None:
    """Make Dagster know `keys`, and forget those of `old_keys` it still knows. Safe to repeat."""
    _limit_pool(instance)
    assert CHUNKS.name is not None
    instance.add_dynamic_partitions(CHUNKS.name, keys)
    for key in set(old_keys).intersection(instance.get_dynamic_partitions(CHUNKS.name)):
        instance.delete_dynamic_partition(CHUNKS.name, key)


def _limit_pool(instance: dg.DagsterInstance) -> None:
    """Give the pool its limit before its first run: Dagster, left to it, fails where two runs come first."""
    storage, limit = instance.event_log_storage, instance.global_op_concurrency_default_limit
    if limit is None or not storage.supports_global_concurrency_limits:
        return
    known = {pool.name: pool for pool in storage.get_pool_limits()}.get(POOL)
    if known is None or (known.from_default and known.limit != limit):
        storage.set_concurrency_slots(POOL, limit)
