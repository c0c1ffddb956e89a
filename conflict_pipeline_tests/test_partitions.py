from collections.abc import Iterator

import dagster as dg
import pytest

from conflict_pipeline.partitions import CHUNKS, partition_key, register


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


def known(instance: dg.DagsterInstance) -> list[str]:
    return sorted(instance.get_dynamic_partitions("conflict_chunks"))


def test_a_key_names_cycle_and_chunk_and_sorts() -> None:
    keys = [partition_key("c20261123t021500", number) for number in (1, 9, 10, 999, 1000)]

    assert keys[0] == "c20261123t021500_0001"
    assert keys == sorted(keys)


def test_keys_become_partitions_and_again_is_the_same(instance: dg.DagsterInstance) -> None:
    for _ in range(2):
        register(instance, ["b_0001", "b_0002"], [])

    assert known(instance) == ["b_0001", "b_0002"]
    assert CHUNKS.get_partition_keys(dynamic_partitions_store=instance) == ["b_0001", "b_0002"]


def test_old_keys_go_and_others_stay(instance: dg.DagsterInstance) -> None:
    register(instance, ["a_0001", "a_0002", "b_0001"], [])

    register(instance, ["c_0001"], ["a_0001", "a_0002", "never_known"])

    assert known(instance) == ["b_0001", "c_0001"]


def test_a_cycle_without_chunks_has_no_partitions(instance: dg.DagsterInstance) -> None:
    register(instance, [], [])

    assert known(instance) == []
