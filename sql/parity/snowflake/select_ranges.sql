-- On Snowflake: count the rows of each range of IDs that holds rows, in order. MOD is used because a division would
-- round IDs with many digits.
-- Identifiers: table, id. Values: width.
SELECT
    placed.range_start,
    COUNT(*) AS row_count
FROM (
    SELECT {id} - MOD(MOD({id}, %(width)s) + %(width)s, %(width)s) AS range_start
    FROM {table}
) AS placed
GROUP BY placed.range_start
ORDER BY placed.range_start
