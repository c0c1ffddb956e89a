"""The dynamic partitions: one per chunk of a cycle. A key names cycle and chunk, and holds no SSN."""

import dagster as dg

CHUNKS = dg.DynamicPartitionsDefinition(name="conflict_chunks")


def partition_key(cycle_key: str, chunk_number: int) -> str:
    """`c20261123t021500_0007`: sorts by cycle and chunk, and is never used again."""
    return f"{cycle_key}_{chunk_number:04d}"


def register(instance: dg.DagsterInstance, keys: list[str], old_keys: list[str]) -> None:
    """Make Dagster know `keys` and forget those of `old_keys` it still knows. Safe to repeat."""
    assert CHUNKS.name is not None
    instance.add_dynamic_partitions(CHUNKS.name, keys)
    for key in set(old_keys).intersection(instance.get_dynamic_partitions(CHUNKS.name)):
        instance.delete_dynamic_partition(CHUNKS.name, key)
