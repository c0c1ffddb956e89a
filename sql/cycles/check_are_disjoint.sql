-- Chunks of the cycle that begin before another one ends. Values: cycle_id.
SELECT count(*) AS failing
FROM (
    SELECT
        (from_date, from_ssn) < lag((to_date, to_ssn)) OVER (ORDER BY from_date, from_ssn) AS overlaps
    FROM {conflict}.conflict_chunk
    WHERE cycle_id = %(cycle_id)s
) AS chunk
WHERE chunk.overlaps
