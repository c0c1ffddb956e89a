from conflict_pipeline.postgres.session import Session


def test_only_the_roles_that_are_there_are_found(scratch: Session) -> None:
    scratch.conn.execute('CREATE ROLE "Test role"; CREATE ROLE test_other')

    rows = scratch.rows("roles/select_roles", {"names": ["Test role", "test_missing"]})

    assert rows == [{"name": "Test role"}]
