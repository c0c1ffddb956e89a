-- Runs on Snowflake: all rows of a table. Identifiers: columns, table.
SELECT {columns}
FROM {source}.{table}
