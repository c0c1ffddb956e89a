from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import insert, read


def test_a_trigger_on_any_table_notes_the_column_that_it_names(scratch: Session) -> None:
    scratch.conn.execute('CREATE TABLE public.elsewhere ("The key" numeric, other text)')
    scratch.conn.execute(
        """CREATE TRIGGER noting AFTER DELETE ON public.elsewhere
        FOR EACH ROW EXECUTE FUNCTION conflict.note_deleted_key('The key')"""
    )
    scratch.conn.execute("INSERT INTO public.elsewhere VALUES (12345678901234567890123, 'x'), (NULL, 'x')")

    scratch.conn.execute("DELETE FROM public.elsewhere")

    found = [(row["table_name"], row["key"]) for row in read(scratch, "conflict_deleted_key")]
    assert found == [("elsewhere", "12345678901234567890123")]


def test_it_writes_into_its_own_table_whatever_the_search_path(scratch: Session) -> None:
    insert(scratch, "dimuser", **{"User Id": "u1"})
    scratch.conn.execute("CREATE TEMPORARY TABLE conflict_deleted_key (table_name text, key text)")
    scratch.conn.execute("SET LOCAL search_path = pg_temp, public")

    scratch.conn.execute("DELETE FROM analytics.dimuser")

    assert [row["key"] for row in read(scratch, "conflict_deleted_key")] == ["u1"]


def test_creating_it_again_is_no_error(scratch: Session) -> None:
    assert scratch.execute("schema/40_create_note_deleted_key").statusmessage == "CREATE FUNCTION"
