-- Finds the keys that were noted since a transaction, which are the last ones of the index.
CREATE INDEX IF NOT EXISTS conflict_changed_key_changed_by ON {conflict}.conflict_changed_key (changed_by)
