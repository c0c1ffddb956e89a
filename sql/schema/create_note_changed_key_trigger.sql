-- Notes the old key of a row whose key an update changes. Identifiers: table, column. Literals: key.
CREATE TRIGGER conflict_note_changed_key AFTER UPDATE ON {table}
FOR EACH ROW WHEN (old.{column} IS DISTINCT FROM new.{column})
EXECUTE FUNCTION {conflict}.note_deleted_key({key})
