import pytest

from conflict_pipeline.errors import PipelineError
from conflict_pipeline.parity.columns import Column, ignored_columns, shared, types_here
from conflict_pipeline.postgres import tables
from conflict_pipeline.postgres.session import Session

TYPES = {"ID": "numeric(38,0)", "SSN": "character varying(50)", "VisitDate": "date"}


def test_every_column_of_the_table_can_be_compared(session: Session) -> None:
    types = types_here(session)

    found = shared(types, list(types), [])

    assert list(types) == [column.name for column in tables.get_table("conflictvisitmaps").columns]
    assert len(found.compared) == len(types) - 1
    assert found.missing == ()


def test_a_table_that_postgres_lacks_is_one_clear_error(session: Session) -> None:
    session.conn.execute("DROP TABLE conflict.conflictvisitmaps CASCADE")

    with pytest.raises(PipelineError, match="conflict-pipeline schema apply"):
        types_here(session)


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
def test_a_column_is_of_the_kind_of_its_type_in_postgres(type_name: str, column: Column) -> None:
    assert shared(TYPES | {"SSN": type_name}, list(TYPES), []).compared[0] == column


@pytest.mark.parametrize("type_name", ["jsonb", "timestamp with time zone", "numeric", "double precision"])
def test_a_type_that_cannot_be_compared_is_refused_unless_ignored(type_name: str) -> None:
    with pytest.raises(PipelineError, match=rf"SSN of type {type_name}.*PARITY_IGNORED_COLUMNS"):
        shared(TYPES | {"SSN": type_name}, list(TYPES), [])
    assert len(shared(TYPES | {"SSN": type_name}, list(TYPES), ["SSN"]).compared) == 1


def test_a_name_is_found_as_it_is_or_else_in_another_case() -> None:
    found = shared(TYPES, ["id", "ssn", "SSN", "VISITDATE", "Extra"], [])

    assert found.key.there == "id"
    assert [(column.here, column.there) for column in found.compared] == [
        ("SSN", "SSN"),
        ("VisitDate", "VISITDATE"),
    ]
    assert found.missing == ()


def test_a_name_in_two_other_cases_is_refused() -> None:
    with pytest.raises(PipelineError, match="several columns for VisitDate: visitdate, VISITDATE"):
        shared(TYPES, ["ID", "SSN", "visitdate", "VISITDATE"], [])


def test_what_snowflake_lacks_is_reported_but_not_what_is_ignored() -> None:
    assert shared(TYPES, ["ID", "VisitDate"], []).missing == ("SSN",)
    assert shared(TYPES, ["ID", "VisitDate"], ["SSN"]).missing == ()


@pytest.mark.parametrize("there", [["SSN", "VisitDate"], ["ID"]], ids=["no key", "nothing but the key"])
def test_without_key_or_columns_there_is_nothing_to_compare(there: list[str]) -> None:
    with pytest.raises(PipelineError, match="in Snowflake has no ID"):
        shared(TYPES, there, [])


def test_the_key_cannot_be_ignored() -> None:
    assert shared(TYPES, list(TYPES), ["ID"]).key.here == "ID"


def test_ignored_columns_are_separated_by_commas() -> None:
    assert ignored_columns(" UpdatedDate, SSN,") == {"UpdatedDate", "SSN"}
    assert ignored_columns("") == set()


def test_an_ignored_column_that_the_table_does_not_have_is_refused() -> None:
    with pytest.raises(PipelineError, match="does not have: updateddate"):
        ignored_columns("SSN,updateddate")
