from datetime import timedelta
from typing import Any

import psycopg
import pytest

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import DAY, SSN, Row, cycle, read


def values(of_cycle: Row, **columns: Any) -> Row:
    defaults = {
        "cycle_id": of_cycle["cycle_id"],
        "chunk_number": 1,
        "partition_key": "c_0001",
        "from_date": DAY,
        "from_ssn": SSN,
        "to_date": DAY + timedelta(days=1),
        "to_ssn": "",
        "keys": 2,
        "planned": 3,
    }
    return {**defaults, **columns}


def test_a_new_chunk_is_pending_and_as_planned(scratch: Session) -> None:
    wanted = values(cycle(scratch))

    scratch.execute("cycles/insert_chunk", wanted)

    (row,) = read(scratch, "conflict_chunk")
    assert {name: row[name] for name in wanted} == wanted
    assert (row["state"], row["attempts"], row["marked"], row["error"]) == ("pending", 0, None, None)


@pytest.mark.parametrize("columns", [{"chunk_number": 2}, {"partition_key": "c_0002"}])
def test_neither_number_nor_key_can_be_used_twice(scratch: Session, columns: dict[str, Any]) -> None:
    opened = cycle(scratch)
    scratch.execute("cycles/insert_chunk", values(opened))

    with pytest.raises(psycopg.errors.UniqueViolation), scratch.transaction():
        scratch.execute("cycles/insert_chunk", values(opened, **columns))
