import pytest

from conflict_pipeline.errors import PipelineError
from conflict_pipeline.parity.columns import Column, ignored_columns, match_columns, postgres_types
from conflict_pipeline.postgres import tables
from conflict_pipeline.postgres.session import Session

TYPES = {"ID": "numeric(38,0)", "SSN": "character varying(50)", "VisitDate": "date"}


def test_every_column_of_the_table_can_be_compared(scratch: Session) -> None:
    types = postgres_types(scratch)

    found = match_columns(types, list(types), [])

    assert list(types) == [column.name for column in tables.get_table("conflictvisitmaps").columns]
    assert len(found.compared) == len(types) - 1
    assert found.missing == ()


def test_a_table_that_postgres_lacks_is_one_clear_error(scratch: Session) -> None:
    scratch.conn.execute("DROP TABLE conflict.conflictvisitmaps CASCADE")

    with pytest.raises(PipelineError, match="conflict-pipeline schema apply"):
        postgres_types(scratch)


@pytest.mark.parametrize(
    ("type_name", "column"),
    [
        ("text", Column("SSN", "SSN", "text")),
        ("character varying(50)", Column("SSN", "SSN", "text")),
        ("numeric(38,15)", Column("SSN", "SSN", "number", 15)),
        ("bigint", Column("SSN", "SSN", "number", 0)),
        ("timestamp without time zone", Column("SSN", "SSN", "time")),
        ("timestamp(3) without time zone", Column("SSN", "SSN", "time")),
        ("date", Column("SSN", "SSN", "time")),
        ("boolean", Column("SSN", "SSN", "boolean")),
    ],
)
def test_the_type_in_postgres_determines_the_kind(type_name: str, column: Column) -> None:
    assert match_columns(TYPES | {"SSN": type_name}, list(TYPES), []).compared[0] == column


@pytest.mark.parametrize("type_name", ["jsonb", "timestamp with time zone", "numeric", "double precision"])
def test_a_type_that_cannot_be_compared_is_refused_unless_ignored(type_name: str) -> None:
    with pytest.raises(PipelineError, match=rf"SSN of type {type_name}.*PARITY_IGNORED_COLUMNS"):
        match_columns(TYPES | {"SSN": type_name}, list(TYPES), [])
    assert len(match_columns(TYPES | {"SSN": type_name}, list(TYPES), ["SSN"]).compared) == 1


def test_a_name_matches_exactly_or_else_in_another_case() -> None:
    found = match_columns(TYPES, ["id", "ssn", "SSN", "VISITDATE", "Extra"], [])

    assert found.key.snowflake_name == "id"
    assert [(column.name, column.snowflake_name) for column in found.compared] == [
        ("SSN", "SSN"),
        ("VisitDate", "VISITDATE"),
    ]
    assert found.missing == ()


def test_a_name_in_two_other_cases_is_refused() -> None:
    with pytest.raises(PipelineError, match="several columns for VisitDate: visitdate, VISITDATE"):
        match_columns(TYPES, ["ID", "SSN", "visitdate", "VISITDATE"], [])


def test_missing_columns_are_reported_unless_ignored() -> None:
    assert match_columns(TYPES, ["ID", "VisitDate"], []).missing == ("SSN",)
    assert match_columns(TYPES, ["ID", "VisitDate"], ["SSN"]).missing == ()


@pytest.mark.parametrize("snowflake", [["SSN", "VisitDate"], ["ID"]], ids=["no key", "nothing but the key"])
def test_without_key_or_columns_there_is_nothing_to_compare(snowflake: list[str]) -> None:
    with pytest.raises(PipelineError, match="in Snowflake has no ID"):
        match_columns(TYPES, snowflake, [])


def test_the_key_cannot_be_ignored() -> None:
    assert match_columns(TYPES, list(TYPES), ["ID"]).key.name == "ID"


def test_ignored_columns_are_separated_by_commas() -> None:
    assert ignored_columns(" UpdatedDate, SSN,") == {"UpdatedDate", "SSN"}
    assert ignored_columns("") == set()


def test_an_ignored_column_that_the_table_does_not_have_is_refused() -> None:
    with pytest.raises(PipelineError, match="does not have: updateddate"):
        ignored_columns("SSN,updateddate")
