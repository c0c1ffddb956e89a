-- Runs on Snowflake: reads at most one row of a table, which needs the privilege on it and a running warehouse.
-- Identifiers: table.
SELECT COUNT(*) AS READABLE FROM (SELECT 1 AS ONE FROM {source}.{table} LIMIT 1) AS FIRST_ROW
