-- Count the rows of conflictvisitmaps and add up their hashes: equal tables have equal checksums in any order.
-- Identifiers: columns.
SELECT
    count(*) AS rows,
    coalesce(sum(hashtextextended(ROW({columns})::text, 0)::numeric), 0)::text AS checksum
FROM {conflict}.conflictvisitmaps
