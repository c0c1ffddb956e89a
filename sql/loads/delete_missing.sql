-- Removes the rows whose key did not arrive. Identifiers: target, stage, same_key.
DELETE FROM {target} AS target
WHERE NOT EXISTS (SELECT FROM {stage} AS stage WHERE {same_key})
