-- Inserts the staged rows whose key is not in the table. Identifiers: target, stage, columns, same_key.
INSERT INTO {target} ({columns})
SELECT {columns} FROM {stage} AS stage
WHERE NOT EXISTS (SELECT FROM {target} AS target WHERE {same_key})
