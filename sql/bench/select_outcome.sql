-- What is in conflictvisitmaps, whatever the order of its rows: equal tables have equal checksums.
-- Identifiers: columns.
SELECT
    count(*) AS rows,
    coalesce(sum(hashtextextended(ROW({columns})::text, 0)::numeric), 0)::text AS checksum
FROM {conflict}.conflictvisitmaps
