-- Adds the rows whose key is not there. Identifiers: target, stage, columns, same_key.
INSERT INTO {target} ({columns})
SELECT {columns} FROM {stage} AS stage
WHERE NOT EXISTS (SELECT FROM {target} AS target WHERE {same_key})
