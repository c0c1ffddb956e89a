-- Notes a key that an update has taken away from its row. Identifiers: table, column. Literals: key.
CREATE TRIGGER conflict_note_changed_key AFTER UPDATE ON {table}
FOR EACH ROW WHEN (old.{column} IS DISTINCT FROM new.{column})
EXECUTE FUNCTION {conflict}.note_deleted_key({key})
