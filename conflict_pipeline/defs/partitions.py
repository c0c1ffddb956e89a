"""The dynamic partitions of conflictvisitmaps: one for each chunk of a cycle."""

import dagster as dg

# `default_limit` in dagster.yaml is the number of chunks that run at the same time.
POOL = "conflict_chunk"
CHUNKS = dg.DynamicPartitionsDefinition(name="conflict_chunks")


def register(instance: dg.DagsterInstance, keys: list[str], old_keys: list[str]) -> None:
    """Add the partitions `keys`, and delete those of `old_keys` that still exist. Idempotent."""
    _limit_pool(instance)
    assert CHUNKS.name is not None
    instance.add_dynamic_partitions(CHUNKS.name, keys)
    for key in set(old_keys).intersection(instance.get_dynamic_partitions(CHUNKS.name)):
        instance.delete_dynamic_partition(CHUNKS.name, key)


def _limit_pool(instance: dg.DagsterInstance) -> None:
    """Set the limit of the pool, because Dagster fails to do so when two first runs start together."""
    storage, limit = instance.event_log_storage, instance.global_op_concurrency_default_limit
    if limit is None or not storage.supports_global_concurrency_limits:
        return
    known = {pool.name: pool for pool in storage.get_pool_limits()}.get(POOL)
    if known is None or (known.from_default and known.limit != limit):
        storage.set_concurrency_slots(POOL, limit)
