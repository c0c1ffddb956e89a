-- The ranges of IDs that hold rows, in order, and how many rows each has. Values: width.
SELECT
    placed.range_start,
    count(*) AS row_count
FROM (
    SELECT "ID" - mod(mod("ID", %(width)s) + %(width)s, %(width)s) AS range_start
    FROM {conflict}.conflictvisitmaps
) AS placed
GROUP BY placed.range_start
ORDER BY placed.range_start
