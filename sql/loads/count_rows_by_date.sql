-- Runs on Snowflake: counts the rows of a table by date, in order, rows without a date first.
-- Identifiers: table, date.
SELECT {date} AS DAY, COUNT(*) AS ROW_COUNT
FROM {source}.{table}
GROUP BY {date}
ORDER BY {date} NULLS FIRST
