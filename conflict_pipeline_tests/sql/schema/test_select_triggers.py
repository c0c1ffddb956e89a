from conflict_pipeline.postgres.session import Session

NAMES = ["conflict_note_deleted_key", "conflict_note_changed_key"]


def triggers(session: Session, names: list[str]) -> list[tuple[str, str]]:
    values = {"conflict_schema": "conflict", "analytics_schema": "analytics", "names": names}
    rows = session.rows("schema/select_triggers", values)
    return sorted((row["table_name"], row["trigger_name"]) for row in rows)


def test_they_are_found_by_name_with_their_tables(scratch: Session) -> None:
    found = triggers(scratch, NAMES)

    assert ("conflicts", "conflict_note_deleted_key") in found
    assert ("dimuser", "conflict_note_changed_key") in found
    assert ("conflicts", "conflict_note_changed_key") in found
    assert len(found) == len(set(found)) == 24


def test_of_other_names_there_is_none(scratch: Session) -> None:
    assert triggers(scratch, ["unknown"]) == []


def test_namesakes_elsewhere_do_not_count(scratch: Session) -> None:
    scratch.conn.execute("CREATE TABLE public.elsewhere (x int)")
    scratch.conn.execute(
        """CREATE TRIGGER mine AFTER DELETE ON public.elsewhere
        FOR EACH ROW EXECUTE FUNCTION conflict.note_deleted_key('x')"""
    )

    assert triggers(scratch, ["mine"]) == []
