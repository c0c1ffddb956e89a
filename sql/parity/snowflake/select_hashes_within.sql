-- On Snowflake: hash the compared columns of each range of IDs that holds rows and lies within one of the outer
-- ranges. The lowest and the highest ID let Snowflake skip micro-partitions.
-- Identifiers: table, id, row_text. Values: width, outer_starts, outer_width, lowest, highest.
SELECT
    hashed.range_start,
    COUNT(*) AS row_count,
    MD5(LISTAGG(hashed.row_hash, '') WITHIN GROUP (ORDER BY hashed.id)) AS range_hash
FROM (
    SELECT
        {id} AS id,
        {id} - MOD(MOD({id}, %(width)s) + %(width)s, %(width)s) AS range_start,
        MD5({row_text}) AS row_hash
    FROM {table}
    WHERE {id} BETWEEN %(lowest)s AND %(highest)s
        AND {id} - MOD(MOD({id}, %(outer_width)s) + %(outer_width)s, %(outer_width)s) IN (%(outer_starts)s)
) AS hashed
GROUP BY hashed.range_start
ORDER BY hashed.range_start
