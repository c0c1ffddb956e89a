import dagster as dg
import pytest

from conflict_pipeline.cycles.chunk_keys import (
    PARTITION_TAG,
    cycle_key,
    partition_key,
    require_key,
    tagged_key,
)
from conflict_pipeline.defs.partitions import CHUNKS, register
from conflict_pipeline.errors import PipelineError


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


@pytest.mark.parametrize(
    ("key", "cycle"),
    [
        ("c20261123t021500_0007", "c20261123t021500"),
        ("c20261123t021500_10000", "c20261123t021500"),
        ("c20261123t021500_0007\n", None),
        ("c20261123t021500_\u0661\u0661\u0661\u0661", None),
        ("900123456", None),
        ("", None),
    ],
)
def test_a_key_tells_its_cycle_and_what_is_no_key_is_refused_unseen(key: str, cycle: str | None) -> None:
    assert cycle_key(key) == cycle
    assert tagged_key({PARTITION_TAG: key}) == (key if cycle else None)
    if cycle is None:
        with pytest.raises(PipelineError) as error:
            require_key(key)
        assert not key or key not in str(error.value)
    else:
        require_key(key)


def test_a_run_without_a_partition_is_of_no_chunk() -> None:
    assert tagged_key({"other": "c20261123t021500_0007"}) is None
