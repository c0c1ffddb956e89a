"""Tables that the application made: columns narrower than ours, and columns that compute themselves."""

import pytest

from conflict_pipeline.errors import PipelineError
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import change, insert, read
from conflict_pipeline_tests.small_cycles import do, start_cycle, world

__all__ = ["world"]  # fixture

LONG = "p" * 90


def test_texts_are_cut_to_the_width_of_every_table(database: Postgres, world: Session) -> None:
    world.conn.execute(
        """ALTER TABLE conflict.conflictvisitmaps_temp ALTER "ProviderName" TYPE varchar(40),
            ALTER "ConStatusFlag" TYPE varchar(1);
        ALTER TABLE conflict.payer_provider_reminders ALTER "ProviderName" TYPE varchar(50),
            ALTER "Contract" TYPE varchar(3)"""
    )
    change(world, "dimprovider", **{"Provider Name": LONG})
    change(world, "conflictvisitmaps", ProviderName=LONG, StatusFlag="RX")
    insert(world, "dimpayer", **{"Payer Id": "payer", "Payer Name": "Payer"})
    insert(world, "dimpayerprovider", **{"Payer Id": "payer", "Provider Id": "p1"})

    for _ in range(2):
        do(database, *start_cycle(world).partition_keys)

    assert {row["ProviderName"] for row in read(world, "conflictvisitmaps_temp")} == {LONG[:40]}
    (reminder,) = read(world, "payer_provider_reminders")
    assert (reminder["ProviderName"], reminder["Contract"]) == (LONG[:50], "Pay")


def test_a_number_that_does_not_fit_is_an_error_that_names_the_column(
    database: Postgres, world: Session
) -> None:
    world.conn.execute('ALTER TABLE conflict.conflictvisitmaps ALTER "BilledRate" TYPE numeric(5,2)')
    change(world, "factvisitcallperformance_cr", **{"Billed Rate": 1234})
    before = read(world, "conflictvisitmaps")

    with pytest.raises(
        PipelineError, match=r'conflictvisitmaps, .*narrower .*"BilledRate" \(numeric\(5,2\)\)'
    ) as error:
        do(database, start_cycle(world).partition_keys[0])

    assert "1234" not in str(error.value)
    assert read(world, "conflictvisitmaps") == before
    assert "BilledRate" in read(world, "conflict_chunk")[0]["error"]


def test_a_number_that_does_not_fit_into_the_snapshot_names_its_column(world: Session) -> None:
    world.conn.execute('ALTER TABLE conflict.conflictvisitmaps_temp ALTER "BilledRate" TYPE smallint')
    change(world, "conflictvisitmaps", BilledRate=123456)

    with pytest.raises(PipelineError, match=r'conflictvisitmaps_temp, .*"BilledRate" \(smallint\)'):
        start_cycle(world)

    assert read(world, "conflictvisitmaps_temp") == []


GENERATED = """ALTER TABLE conflict.{0} DROP COLUMN "{1}";
    ALTER TABLE conflict.{0} ADD COLUMN "{1}" {2} GENERATED ALWAYS AS ({3}) STORED"""


def test_generated_columns_are_left_to_their_table(database: Postgres, world: Session) -> None:
    for table in ("conflictvisitmaps", "conflictvisitmaps_temp"):
        world.conn.execute(GENERATED.format(table, "AideName", "text", """'aide ' || "SSN\"""").encode())

    for _ in range(2):
        do(database, *start_cycle(world).partition_keys)

    for table in ("conflictvisitmaps", "conflictvisitmaps_temp"):
        row = read(world, table)[0]
        assert row["AideName"] == f"aide {row['SSN']}"


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("conflictvisitmaps", "StatusFlag"),
        ("conflictvisitmaps", "DistanceFlag"),
        ("conflictvisitmaps_temp", "ConStatusFlag"),
        ("payer_provider_reminders", "Contract"),
    ],
)
def test_one_that_a_step_has_to_write_is_named_before_anything_is_written(
    world: Session, table: str, column: str
) -> None:
    world.conn.execute(GENERATED.format(table, column, "text", "'N'").encode())

    with pytest.raises(PipelineError, match=rf'Columns "{column}" of conflict\.{table} are generated'):
        start_cycle(world)

    assert read(world, "conflict_cycle") == []
