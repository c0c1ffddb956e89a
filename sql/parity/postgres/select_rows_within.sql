-- Return the rows of some ranges of IDs in order, with their values as texts.
-- Identifiers: texts. Values: starts, width.
SELECT {texts}
FROM unnest(%(starts)s::numeric[]) AS wanted (range_start)
CROSS JOIN LATERAL (
    -- OFFSET 0 makes Postgres read each range by the index on ID
    SELECT *
    FROM {conflict}.conflictvisitmaps
    WHERE "ID" >= wanted.range_start AND "ID" < wanted.range_start + %(width)s
    OFFSET 0
) AS found
ORDER BY found."ID"
