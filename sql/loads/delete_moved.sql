-- Deletes the rows whose key has moved to the other table of visits. Identifiers: target, moved, same_key.
DELETE FROM {target} AS target
USING {moved} AS moved
WHERE {same_key}
