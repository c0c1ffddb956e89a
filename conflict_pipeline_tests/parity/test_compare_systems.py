"""Postgres compared with the emulator: equal systems, and every kind of difference."""

from collections import defaultdict

import pytest

from conflict_pipeline.errors import PipelineError
from conflict_pipeline.parity.compare import compare
from conflict_pipeline.parity.result import Level
from conflict_pipeline.postgres import tables
from conflict_pipeline.postgres.database import open_postgres
from conflict_pipeline.settings import load_settings
from conflict_pipeline.snowflake.account import open_snowflake
from conflict_pipeline_tests.parity.systems import SOME, Systems, both_systems, found, systems

__all__ = ["both_systems", "systems"]  # fixtures

HUGE = 10**37
# Bounds of ranges and leaves, negative and huge IDs, and an order that differs from that of their texts.
IDS = [-10_000, -1, 0, 1, 9, 10, 99, 100, 9_999, 10_000, 10_001, 123_456_789_012, HUGE - 1, HUGE, HUGE + 1]


def change(systems: Systems, row_id: int, **values: str) -> None:
    """Update a row; values are SQL."""
    assignments = ", ".join(f'"{name}" = {value}' for name, value in values.items())
    systems.run_in_snowflake(f'UPDATE CONFLICTVISITMAPS SET {assignments} WHERE "ID" = {row_id}')


def test_equal_systems_have_no_findings_and_no_row_is_read(systems: Systems) -> None:
    systems.fill(IDS)

    parity = systems.compare()

    assert found(parity) == {}
    assert (parity.rows_in_snowflake, parity.rows_in_postgres) == (len(IDS), len(IDS))
    assert parity.ranges == Level(6, 0)
    assert parity.leaves == Level(0, 0)
    assert (parity.rows_moved, parity.differing_rows, parity.unexpected_rows) == (0, 0, 0)


def test_empty_tables_are_equal(systems: Systems) -> None:
    assert found(systems.compare()) == {}


def test_all_columns_are_compared_and_every_kind_of_value_is_equal(systems: Systems) -> None:
    systems.fill(range(1, 6))
    columns = tables.get_table("conflictvisitmaps").columns
    for number, samples in enumerate(
        (
            {
                "varchar": "''",
                "numeric": "-0.0",
                "timestamp": "'1969-12-31 23:59:59.999999'",
                "boolean": "TRUE",
            },
            {
                "varchar": "'~'",
                "numeric": "1.5",
                "timestamp": "'0001-01-01 00:00:00.000001'",
                "boolean": "FALSE",
            },
            {"varchar": "'1:|'", "numeric": "-999", "timestamp": "'9999-12-31 23:59:59.999999'"},
            {"varchar": "E' \\u00e9\\U0001F642 '", "numeric": "0.0001", "date": "'0001-01-01'"},
        ),
        start=1,
    ):
        assignments = ", ".join(
            f'"{column.name}" = {samples.get(column.type_name.partition("(")[0], "NULL")}'
            for column in columns
            if column.name != "ID" and column.type_name not in ("varchar(3)", "varchar(2)")
        )
        systems.run_in_postgres(f'UPDATE conflict.conflictvisitmaps SET {assignments} WHERE "ID" = {number}')
    systems.copy(tuple(column.name for column in columns))

    parity = systems.compare()

    assert found(parity) == {}
    assert parity.ranges == Level(1, 0)
    assert parity.compared_columns == len(columns) - 2
    assert parity.missing_columns == ()


def test_every_changed_value_is_found_and_unexpected(systems: Systems) -> None:
    changes = [
        ("SSN", "'900000002'"),
        ("SSN", "'900000001 '"),
        ("SSN", "NULL"),
        ("PName", "NULL"),
        ("PName", "'~'"),
        ("AideName", "'Zoe Example'"),
        ("AideName", "'zoë Example'"),
        ("VisitDate", "'2026-03-03'"),
        ("VisitStartTime", "'2026-03-02 09:00:00.000001'"),
        ("ConVisitStartTime", "'2026-03-02 11:20:30'"),
        ("ResolveDate", "'1970-01-01'"),
        ("IsMissed", "TRUE"),
        ("IsMissed", "NULL"),
        ("BilledRateMinute", "0.500000000000001"),
        ("CONFLICTID", "8"),
        ("StatusFlag", "'R'"),
    ]
    systems.fill(range(len(changes) + 1))
    expected = defaultdict(list)
    for row_id, (column, value) in enumerate(changes):
        change(systems, row_id, **{column: value})
        expected[column, "unexpected"].append(row_id)

    parity = systems.compare()

    assert found(parity) == expected
    assert (parity.differing_rows, parity.unexpected_rows) == (len(changes), len(changes))


def test_differing_rows_are_found_in_every_range(systems: Systems) -> None:
    systems.fill(IDS)
    systems.run_in_snowflake("UPDATE CONFLICTVISITMAPS SET \"SSN\" = '900000002'")

    parity = systems.compare()

    assert found(parity) == {("SSN", "unexpected"): IDS}
    assert parity.rows_moved == 2 * len(IDS)


def test_values_that_moved_to_the_next_column_are_found(systems: Systems) -> None:
    systems.fill([1])
    systems.run_in_postgres("""UPDATE conflict.conflictvisitmaps SET "PName" = 'ab', "AideName" = 'c'""")
    systems.run_in_snowflake("UPDATE CONFLICTVISITMAPS SET \"PName\" = 'a', \"AideName\" = 'bc'")

    assert found(systems.compare()) == {("PName", "unexpected"): [1], ("AideName", "unexpected"): [1]}


def test_the_same_rows_under_other_ids_differ(systems: Systems) -> None:
    systems.fill([1, 2, 10_001])
    systems.run_in_snowflake('UPDATE CONFLICTVISITMAPS SET "ID" = "ID" + 1 WHERE "ID" >= 2')

    assert found(systems.compare()) == {
        ("", "only_in_snowflake"): [3, 10_002],
        ("", "only_in_postgres"): [2, 10_001],
    }


def test_rows_of_one_side_only_are_unexpected(systems: Systems) -> None:
    systems.fill(IDS)
    systems.run_in_snowflake(f'DELETE FROM CONFLICTVISITMAPS WHERE "ID" IN (-1, 9, {HUGE})')
    systems.run_in_postgres(
        """DELETE FROM conflict.conflictvisitmaps WHERE "ID" IN (10, 100, 123456789012)"""
    )

    parity = systems.compare()

    assert found(parity) == {
        ("", "only_in_snowflake"): [10, 100, 123_456_789_012],
        ("", "only_in_postgres"): [-1, 9, HUGE],
    }
    assert (parity.differing_rows, parity.unexpected_rows) == (0, 6)
    # Only the IDs are read of leaves that one side has alone.
    assert parity.rows_moved < 2 * len(IDS)


def test_a_second_row_of_an_id_is_found(systems: Systems) -> None:
    systems.fill([1, 2, 3])
    systems.run_in_snowflake('INSERT INTO CONFLICTVISITMAPS SELECT * FROM CONFLICTVISITMAPS WHERE "ID" = 2')

    assert found(systems.compare()) == {("", "only_in_snowflake"): [2]}


def test_rows_without_an_id_are_one_clear_error(systems: Systems) -> None:
    systems.fill([1])
    systems.run_in_snowflake('INSERT INTO CONFLICTVISITMAPS ("SSN") VALUES (NULL)')

    with pytest.raises(PipelineError, match="rows without an ID"):
        systems.compare()


def test_numbers_and_times_of_other_types_are_equal_if_their_values_are(systems: Systems) -> None:
    systems.fill([1, 2])
    systems.run_in_snowflake(
        'CREATE OR REPLACE TABLE CONFLICTVISITMAPS AS SELECT CAST("ID" AS NUMBER(19, 0)) AS ID,'
        ' "DistanceMilesFromLatLng"::FLOAT AS DISTANCEMILESFROMLATLNG,'
        ' "VisitDate"::TIMESTAMP_NTZ AS VISITDATE, "ETATravleMinutes"::NUMBER(12, 4) AS "ETATravleMinutes"'
        " FROM CONFLICTVISITMAPS"
    )

    parity = systems.compare()

    assert found(parity) == {}
    assert parity.rows_moved == 0
    assert parity.compared_columns == 3


def test_each_known_difference_has_its_class_and_hides_no_other(systems: Systems) -> None:
    systems.fill(range(1, 21))
    systems.run_in_postgres(
        """UPDATE conflict.conflictvisitmaps SET "PTOStartDate" = '2026-03-02' WHERE "ID" IN (8, 9)"""
    )
    systems.copy()
    systems.run_in_postgres(
        """UPDATE conflict.conflictvisitmaps SET "UpdateFlag" = 1, "StatusFlag" = 'R'
        WHERE "ID" IN (8, 9, 10)"""
    )
    systems.run_in_postgres("""UPDATE conflict.conflictvisitmaps SET "MinuteDiffBetweenSch" = 20,
        "ConVisitStartTime" = '2026-03-02 11:20:05', "VisitEndTime" = '2026-03-02 10:59:50'
        WHERE "ID" = 7""")
    address = {"PLatitude": "'40.75'", "DistanceMilesFromLatLng": "9.1"}
    change(systems, 2, **address, ETATravleMinutes="18")
    change(systems, 3, **address, SSN="'900000009'")
    change(systems, 4, PLatitude="NULL", PLongitude="NULL", DistanceMilesFromLatLng="NULL")
    change(systems, 5, ETATravleMinutes="20", DistanceFlag="'N'")
    change(systems, 6, ETATravleMinutes="17")
    change(systems, 7, VisitEndTime="'2026-03-02 10:59:50'", ConVisitStartTime="'2026-03-02 11:20:05'")
    change(systems, 9, AideName="'Zed Example'")

    parity = systems.compare()

    assert found(parity) == {
        ("SSN", "unexpected"): [3],
        ("AideName", "unexpected"): [9],
        ("PLatitude", "gps_parsing"): [2, 3, 4],
        ("PLongitude", "gps_parsing"): [4],
        ("DistanceMilesFromLatLng", "gps_parsing"): [2, 3, 4],
        ("ETATravleMinutes", "gps_parsing"): [2],
        ("ETATravleMinutes", "eta_rounding"): [5],
        ("ETATravleMinutes", "unexpected"): [6],
        ("DistanceFlag", "eta_rounding"): [5],
        ("MinuteDiffBetweenSch", "minute_boundaries"): [7],
        ("StatusFlag", "precedence"): [8, 9],
        ("StatusFlag", "unexpected"): [10],
        ("UpdateFlag", "precedence"): [8, 9],
        ("UpdateFlag", "unexpected"): [10],
    }
    assert (parity.differing_rows, parity.unexpected_rows) == (9, 4)


def test_ten_differences_in_many_rows_read_only_differing_leaves(systems: Systems) -> None:
    systems.fill(range(1, 40_001))
    for row_id in range(5, 10_005, 1_000):
        change(systems, row_id, BilledRateMinute="0.6")

    parity = systems.compare()

    assert found(parity) == {("BilledRateMinute", "unexpected"): [*range(5, 10_005, 1_000)]}
    assert parity.ranges == Level(5, 1)
    assert parity.leaves == Level(100, 10)
    # The first leaf lacks the ID 0.
    assert parity.rows_moved == 2 * (10 * 100 - 1)


def test_ignored_columns_are_not_compared(systems: Systems, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARITY_IGNORED_COLUMNS", "UpdatedDate, SSN")
    load_settings.cache_clear()
    systems.fill([1])
    change(systems, 1, SSN="NULL", UpdatedDate="NULL")

    assert found(systems.compare()) == {}


def test_a_column_that_snowflake_lacks_is_reported(systems: Systems) -> None:
    systems.fill([1])
    systems.copy(tuple(name for name in SOME if name != "SSN"))

    parity = systems.compare()

    assert found(parity) == {}
    assert "SSN" in parity.missing_columns


def test_a_table_that_snowflake_lacks_is_one_clear_error(systems: Systems) -> None:
    systems.run_in_snowflake("DROP TABLE CONFLICTVISITMAPS")

    with pytest.raises(
        PipelineError, match=r"no table CONFLICTREPORT\.PUBLIC\.CONFLICTVISITMAPS.*SNOWFLAKE_"
    ):
        systems.compare()


def test_postgres_is_read_as_of_one_moment(systems: Systems) -> None:
    database = open_postgres()
    systems.fill([1, 10_001])
    systems.run_in_snowflake("UPDATE CONFLICTVISITMAPS SET \"SSN\" = '900000002'")

    def change_meanwhile(_: str) -> None:
        with database.session("other") as other:
            other.conn.execute("""UPDATE conflict.conflictvisitmaps SET "SSN" = '900000002'""")

    parity = compare(database, open_snowflake(), change_meanwhile)

    assert found(parity) == {("SSN", "unexpected"): [1, 10_001]}
    assert found(systems.compare()) == {}


def test_progress_is_logged_without_values(systems: Systems) -> None:
    systems.fill([1, 2])
    change(systems, 2, SSN="'900000002'")

    systems.compare()

    assert systems.logged == [
        "Rows: 2 in Snowflake, 2 in Postgres.",
        "1 of 1 ranges compared, 1 differ. Differing rows: 1; unexpected: 1.",
    ]
