-- On Snowflake: how many rows of a table each date has, in order; those without a date first.
-- Identifiers: table, date.
SELECT {date} AS DAY, COUNT(*) AS ROW_COUNT
FROM {source}.{table}
GROUP BY {date}
ORDER BY {date} NULLS FIRST
