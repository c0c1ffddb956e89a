import pytest

from conflict_pipeline.snowflake.account import open_snowflake
from conflict_pipeline.snowflake.emulator import SnowflakeEmulator


def columns(schema: str, table: str) -> list[tuple[str, str]]:
    with open_snowflake().session("test") as source:
        rows = source.rows("loads/select_columns", {"schema": schema, "table": table})
    return [(row["table_name"], row["column_name"]) for row in rows]


@pytest.mark.parametrize("name", ["DIMOFFICE", "dimoffice", "DimOffice"])
@pytest.mark.parametrize("stored", ["DIMOFFICE", "dimoffice", "DimOffice"])
def test_a_table_is_found_whatever_the_case_of_its_name(
    emulator: SnowflakeEmulator, stored: str, name: str
) -> None:
    emulator.execute(
        "ANALYTICS", "BI", f'CREATE TABLE "{stored}" ("Office Id" VARCHAR, plain DATE, "a" DATE)'
    )

    assert columns("BI", name) == [(stored, "Office Id"), (stored, "PLAIN"), (stored, "a")]


def test_other_tables_and_schemas_do_not_count(emulator: SnowflakeEmulator) -> None:
    emulator.execute("ANALYTICS", "BI", "CREATE TABLE DIMOFFICE (A DATE)")
    emulator.execute("ANALYTICS", "BI", "CREATE TABLE DIMOFFICE_OLD (B DATE)")
    emulator.execute("ANALYTICS", "OTHER", "CREATE TABLE DIMOFFICE (C DATE)")
    emulator.execute("OTHER", "BI", "CREATE TABLE DIMOFFICE (D DATE)")

    assert columns("BI", "dimoffice") == [("DIMOFFICE", "A")]
    assert columns("bi", "dimoffice") == []


@pytest.mark.parametrize("name", ["dim_office", "dimoff%", "", "'; DROP TABLE DIMOFFICE --"])
def test_a_name_is_no_pattern(emulator: SnowflakeEmulator, name: str) -> None:
    emulator.execute("ANALYTICS", "BI", "CREATE TABLE DIMXOFFICE (A DATE)")

    assert columns("BI", name) == []


def test_a_view_has_columns_too(emulator: SnowflakeEmulator) -> None:
    emulator.execute("ANALYTICS", "BI", "CREATE TABLE BASE (A DATE)")
    emulator.execute("ANALYTICS", "BI", 'CREATE VIEW DIMOFFICE AS SELECT A AS "Office Date" FROM BASE')

    assert columns("BI", "dimoffice") == [("DIMOFFICE", "Office Date")]
