-- Removes the rows whose key is among those that have left the source's table. Identifiers: target, moved,
-- same_key.
DELETE FROM {target} AS target
USING {moved} AS moved
WHERE {same_key}
