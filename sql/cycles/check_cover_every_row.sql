-- Eligible rows of the window that are in the range of no chunk of the cycle. check_are_disjoint.sql finds rows in two
-- chunks. All ranges are within the window (insert_chunk_rows.sql). Values: cycle_id, window_start, window_end.
SELECT greatest(eligible.rows - covered.rows, 0) AS failing
FROM (
    SELECT count(*) AS rows
    FROM {conflict}.conflictvisitmaps AS cvm
    WHERE {is_eligible}
) AS eligible
CROSS JOIN (
    SELECT coalesce(sum(inside.rows), 0)::bigint AS rows
    FROM {conflict}.conflict_chunk AS chunk
    CROSS JOIN LATERAL (
        SELECT count(*) AS rows
        FROM {conflict}.conflictvisitmaps AS cvm
        WHERE cvm."CONFLICTID" IS NOT NULL
            AND ({chunk_key}) >= (chunk.from_date, chunk.from_ssn)
            AND ({chunk_key}) < (chunk.to_date, chunk.to_ssn)
    ) AS inside
    WHERE chunk.cycle_id = %(cycle_id)s
) AS covered
