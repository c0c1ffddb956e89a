-- Deletes the rows whose key is not staged. Identifiers: target, stage, same_key.
DELETE FROM {target} AS target
WHERE NOT EXISTS (SELECT FROM {stage} AS stage WHERE {same_key})
