-- On Snowflake: the ranges of IDs that hold rows, in order, and how many rows each has. MOD, and no division,
-- which would round an ID of many digits. Identifiers: table, id. Values: width.
SELECT
    placed.range_start,
    COUNT(*) AS row_count
FROM (
    SELECT {id} - MOD(MOD({id}, %(width)s) + %(width)s, %(width)s) AS range_start
    FROM {table}
) AS placed
GROUP BY placed.range_start
ORDER BY placed.range_start
