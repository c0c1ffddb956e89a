-- Hash the compared columns of each range of IDs that holds rows and lies within one of the outer ranges.
-- Identifiers: row_text. Values: width, outer_starts, outer_width.
SELECT
    hashed.range_start,
    count(*) AS row_count,
    md5(string_agg(hashed.row_hash, '' ORDER BY hashed.id)) AS range_hash
FROM unnest(%(outer_starts)s::numeric[]) AS wanted (outer_start)
CROSS JOIN LATERAL (
    -- OFFSET 0 makes Postgres read each range by the index on ID and hash rows before the sort, so that the sort
    -- does not carry whole rows
    SELECT
        "ID" AS id,
        "ID" - mod(mod("ID", %(width)s) + %(width)s, %(width)s) AS range_start,
        md5({row_text}) AS row_hash
    FROM {conflict}.conflictvisitmaps
    WHERE "ID" >= wanted.outer_start AND "ID" < wanted.outer_start + %(outer_width)s
    OFFSET 0
) AS hashed
GROUP BY hashed.range_start
ORDER BY hashed.range_start
