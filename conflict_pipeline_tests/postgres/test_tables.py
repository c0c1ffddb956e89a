"""tables.csv, the descriptions of its columns, and the statements that create the pipeline's own tables."""

import re

import pytest

from conflict_pipeline.postgres import tables

DESCRIBED = (
    "conflictvisitmaps",
    "conflictvisitmaps_temp",
    "payer_provider_reminders",
    "settings",
    "mph",
    "excluded_agency",
    "excluded_ssn",
    "conflicts",
    tables.VISITS,
)


def describe(table: str, column: str) -> str:
    return next(found.description for found in tables.get_table(table).columns if found.name == column)


@pytest.mark.parametrize("name", DESCRIBED)
def test_every_column_that_is_shown_or_written_has_a_description(name: str) -> None:
    assert [column.name for column in tables.get_table(name).columns if not column.description] == []


def test_every_description_is_of_a_column_that_exists() -> None:
    existing = {(table.name, column.name) for table in tables.all_tables() for column in table.columns}

    assert set(tables._descriptions()) - existing == set()


@pytest.mark.parametrize(
    ("table", "column", "description"),
    [
        (
            "conflictvisitmaps",
            "ConSchStartTime",
            "Conflicting visit: Scheduled start, in the report time zone.",
        ),
        (
            "conflictvisitmaps_temp",
            "ConPA_PatientID",
            "Conflicting visit, patient as the payer knows them: Patient.",
        ),
        ("conflictvisitmaps_temp", "ConStatusFlag", "Status of the row itself."),
        ("conflictvisitmaps", "DistanceFlag", "Y: too far to travel. The update changes N only."),
        ("factvisitcallperformance_deleted_cr", "Visit Id", "The visit."),
    ],
)
def test_a_description_may_come_from_another_column_or_table(
    table: str, column: str, description: str
) -> None:
    assert describe(table, column) == description


def test_each_ddl_statement_creates_one_object_or_an_index_or_revokes() -> None:
    objects = {name for _, name in tables.ddl_objects()}

    done = [re.sub(r"schema/\d+_(create_)?", "", name) for name in tables.ddl_statements()]

    others = ["conflict_cycle_one_open", "conflict_changed_key_changed_by", "revoke_function_execution"]
    assert [name for name in done if name not in objects] == others
    assert len(objects) == len(done) - len(others)
