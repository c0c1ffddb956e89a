-- Notes the keys of deleted rows. Identifiers: table. Literals: key.
CREATE TRIGGER conflict_note_deleted_key AFTER DELETE ON {table}
FOR EACH ROW EXECUTE FUNCTION {conflict}.note_deleted_key({key})
