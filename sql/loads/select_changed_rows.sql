-- Runs on Snowflake: the rows of a table that changed at a time or later, and those without a time of change.
-- Identifiers: columns, table, updated. Values: lower.
SELECT {columns}
FROM {source}.{table}
WHERE {updated} >= %(lower)s::TIMESTAMP_TZ OR {updated} IS NULL
