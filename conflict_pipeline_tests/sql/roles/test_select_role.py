import pytest

from conflict_pipeline.postgres.session import Session


@pytest.mark.parametrize(
    ("options", "is_superuser", "attributes"),
    [
        ("", False, []),
        ("CREATEDB", False, ["CREATEDB"]),
        ("CREATEROLE REPLICATION BYPASSRLS", False, ["CREATEROLE", "REPLICATION", "BYPASSRLS"]),
        ("SUPERUSER", True, []),
    ],
)
def test_what_a_role_may_by_its_nature_is_told(
    scratch: Session, options: str, is_superuser: bool, attributes: list[str]
) -> None:
    scratch.conn.execute(f"CREATE ROLE test_role {options}; SET LOCAL ROLE test_role".encode())

    row = scratch.one("roles/select_role")

    assert row == {"is_superuser": is_superuser, "attributes": attributes}
