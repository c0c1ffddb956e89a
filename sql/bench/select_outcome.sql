-- What is in conflictvisitmaps, whatever the order of its rows: equal tables have equal checksums.
-- Identifiers: columns. Values: ids (of the rows that count; NULL: all).
SELECT
    count(*) AS rows,
    coalesce(sum(hashtextextended(ROW({columns})::text, 0)::numeric), 0)::text AS checksum
FROM {conflict}.conflictvisitmaps
WHERE %(ids)s::numeric[] IS NULL OR "ID" = ANY(%(ids)s::numeric[])
