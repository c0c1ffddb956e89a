-- Count the rows of each range of IDs that holds rows, in order. Values: width.
SELECT
    placed.range_start,
    count(*) AS row_count
FROM (
    SELECT "ID" - mod(mod("ID", %(width)s) + %(width)s, %(width)s) AS range_start
    FROM {conflict}.conflictvisitmaps
) AS placed
GROUP BY placed.range_start
ORDER BY placed.range_start
