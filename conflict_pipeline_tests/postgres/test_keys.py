"""Tables whose key is not unique: they are named, no cycle runs on them, `schema apply` protects others."""

import pytest

from conflict_pipeline.cycles import run, set_up
from conflict_pipeline.errors import PipelineError
from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import insert, read, small_world
from conflict_pipeline_tests.small_cycles import SMALL

FAULT = 'several rows of analytics.dimcaregiver have the same "Caregiver Id"'
NO_PRIMARY_KEY = """ALTER TABLE analytics.dimcaregiver DROP CONSTRAINT dimcaregiver_pkey,
    ALTER "Caregiver Id" DROP NOT NULL"""


@pytest.fixture
def world(session: Session) -> Session:
    """The small world, whose caregivers have no primary key."""
    small_world(session)
    session.conn.execute(NO_PRIMARY_KEY)
    return session


def start(session: Session) -> None:
    run.open_or_resume(session, SMALL, "run", new_cycle=True, max_age_hours=1)


@pytest.mark.parametrize(
    "index",
    [
        "SELECT",
        'CREATE INDEX ON analytics.dimcaregiver ("Caregiver Id")',
        'CREATE UNIQUE INDEX ON analytics.dimcaregiver ("Caregiver Id", "Caregiver Code")',
        """CREATE UNIQUE INDEX ON analytics.dimcaregiver ("Caregiver Id") WHERE "Status" IS NOT NULL""",
        """CREATE UNIQUE INDEX ON analytics.dimcaregiver (("Caregiver Id" || coalesce("Status", 'x')))
        WHERE "Status" IS NOT NULL""",
    ],
)
def test_no_cycle_runs_on_a_key_that_is_there_twice(world: Session, index: str) -> None:
    world.conn.execute(index.encode())
    start(world)
    insert(world, "dimcaregiver", **{"Caregiver Id": "c1"})
    before = read(world, "conflict_cycle"), read(world, "settings")

    with pytest.raises(PipelineError, match=FAULT) as error:
        start(world)

    assert "\n" not in str(error.value)
    assert (read(world, "conflict_cycle"), read(world, "settings")) == before


def test_an_unknown_key_equals_no_other(world: Session) -> None:
    for _ in range(2):
        insert(world, "dimcaregiver", **{"Caregiver Code": "x"})

    start(world)


@pytest.mark.parametrize(
    ("table", "columns"),
    [
        ("conflict.conflictvisitmaps", {"ID": 1}),
        ("conflict.conflicts", {"CONFLICTID": 1}),
        ("analytics.dimpatientaddress", {"Patient Address Id": "a"}),
        ("analytics.dimpayer", {"Payer Id": "y"}),
        ("analytics.factvisitcallperformance_cr", {"Visit Id": "v"}),
    ],
)
def test_every_table_that_a_step_joins_is_looked_at(
    scratch: Session, table: str, columns: dict[str, object]
) -> None:
    small_world(scratch)
    name = table.partition(".")[2]
    scratch.conn.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}_pkey".encode())
    for _ in range(2):
        insert(scratch, name, **columns)

    with pytest.raises(PipelineError, match=f"several rows of {table} have the same"):
        run.require_steps(scratch)


def test_apply_names_a_key_that_is_not_unique_and_protects_it_once_it_is(world: Session) -> None:
    insert(world, "dimcaregiver", **{"Caregiver Id": "c1"})
    assert set_up.apply_schema(world, loads=False) == [
        f"{FAULT}: no cycle runs before the duplicates are deleted"
    ]
    world.conn.execute('DELETE FROM analytics.dimcaregiver WHERE "SSN" IS NULL')

    first, second = set_up.apply_schema(world, loads=False), set_up.apply_schema(world, loads=False)

    assert (first, second) == (["created index dimcaregiver_unique_key"], [])
    start(world)
