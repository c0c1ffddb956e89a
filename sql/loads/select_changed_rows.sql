-- On Snowflake: the rows of a table that were changed from a moment on, and those of which nobody knows when.
-- Identifiers: columns, table, updated. Values: lower.
SELECT {columns}
FROM {source}.{table}
WHERE {updated} >= %(lower)s::TIMESTAMP_TZ OR {updated} IS NULL
