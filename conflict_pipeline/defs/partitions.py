"""The dynamic partitions: one per chunk of a cycle. A key names cycle and chunk, and holds no SSN."""

import dagster as dg

# At most `default_limit` of dagster.yaml of its chunks are at work at once.
POOL = "conflict_chunk"
CHUNKS = dg.DynamicPartitionsDefinition(name="conflict_chunks")


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
