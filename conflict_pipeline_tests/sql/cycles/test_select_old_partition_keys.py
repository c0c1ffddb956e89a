import pytest

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import chunk, cycle


@pytest.mark.parametrize(
    ("keep", "old"), [(1, {"a_0001", "a_0002", "b_0001"}), (2, {"a_0001", "a_0002"}), (3, set()), (9, set())]
)
def test_the_keys_of_all_cycles_but_the_newest_are_old(scratch: Session, keep: int, old: set[str]) -> None:
    for key, state, chunks in (("a", "superseded", 2), ("b", "completed", 1), ("c", "open", 1)):
        made = cycle(scratch, cycle_key=key, state=state)
        for number in range(1, chunks + 1):
            chunk(scratch, made, number)

    rows = scratch.rows("cycles/select_old_partition_keys", {"keep_cycles": keep})

    assert {row["partition_key"] for row in rows} == old
