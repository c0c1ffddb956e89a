-- Runs on Snowflake: the rows of a table between two dates, both inclusive, and with undated also those without a date.
-- Identifiers: columns, table, date. Values: from_date, to_date, undated.
SELECT {columns}
FROM {source}.{table}
WHERE {date} >= %(from_date)s::DATE AND {date} <= %(to_date)s::DATE
    OR %(undated)s::BOOLEAN AND {date} IS NULL
