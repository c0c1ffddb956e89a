-- On Snowflake: the rows of a table from a date up to another, both inclusive; those without a date on demand.
-- Identifiers: columns, table, date. Values: from_date, to_date, undated.
SELECT {columns}
FROM {source}.{table}
WHERE {date} >= %(from_date)s::DATE AND {date} <= %(to_date)s::DATE
    OR %(undated)s::BOOLEAN AND {date} IS NULL
