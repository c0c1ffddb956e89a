from typing import Any

import pytest

from conflict_pipeline.postgres.session import Session

VALUES = {"conflict_schema": "conflict", "analytics_schema": "analytics"}
MPH, MPH_ID = ("TABLE", "conflict", "mph"), ("SEQUENCE", "conflict", "mph_ID_seq")


@pytest.fixture
def reader(scratch: Session) -> Session:
    """A session whose user may read mph and do nothing else."""
    scratch.conn.execute(
        """CREATE ROLE test_reader; GRANT USAGE ON SCHEMA conflict TO test_reader;
        GRANT SELECT ON conflict.mph TO test_reader"""
    )
    return scratch


def objects(session: Session, role: str | None) -> dict[tuple[str, str | None, str], dict[str, Any]]:
    rows = session.rows("roles/select_objects", {"role": role, **VALUES})
    return {(row["kind"], row["schema_name"], row["name"]): row for row in rows}


def test_what_a_role_was_granted_is_held(reader: Session) -> None:
    found = objects(reader, "test_reader")

    assert found[MPH]["held"] == ["SELECT"]
    assert not found[MPH]["is_owner"]
    assert found["TABLE", "conflict", "settings"]["held"] == []
    assert found["SCHEMA", None, "conflict"]["held"] == ["USAGE"]
    assert found["SCHEMA", None, "analytics"]["held"] == []
    assert found[MPH_ID]["held"] == []


def test_without_a_role_it_is_the_one_that_is_connected(reader: Session) -> None:
    as_owner = objects(reader, None)
    reader.conn.execute("SET LOCAL ROLE test_reader")

    assert as_owner[MPH]["is_owner"]
    assert "TRUNCATE" in as_owner[MPH]["held"]
    assert objects(reader, None)[MPH]["held"] == ["SELECT"]


def test_a_sequence_is_told_with_the_table_that_uses_it_wherever_it_is(scratch: Session) -> None:
    scratch.conn.execute(
        """CREATE SEQUENCE public.elsewhere; CREATE SEQUENCE public.unused;
        ALTER TABLE conflict.mph ADD other bigint DEFAULT nextval('public.elsewhere')"""
    )

    found = objects(scratch, None)

    for sequence in (MPH_ID, ("SEQUENCE", "public", "elsewhere")):
        assert (found[sequence]["used_by_schema"], found[sequence]["used_by"]) == ("conflict", "mph")
    assert ("SEQUENCE", "public", "unused") not in found


def test_views_every_schema_and_the_database_are_there_and_no_other_tables(scratch: Session) -> None:
    scratch.conn.execute("CREATE SCHEMA others; CREATE TABLE others.hidden ()")

    found = objects(scratch, None)

    assert ("TABLE", "conflict", "conflict_cycle_status") in found
    assert found["SCHEMA", None, "others"]["held"] == ["USAGE", "CREATE"]
    assert [row["held"] for (kind, *_), row in found.items() if kind == "DATABASE"] == [
        ["CONNECT", "TEMPORARY", "CREATE"]
    ]
    assert {schema for kind, schema, _ in found if kind == "TABLE"} == {"conflict", "analytics"}
