-- Eligible rows of the cycle's window that are in the range of none of its chunks.
-- Rows that overlapping chunks count twice are count_overlapping_chunks.sql's matter.
-- Values: cycle_id, window_start, window_end.
SELECT greatest(eligible.rows - covered.rows, 0) AS failing
FROM (
    SELECT count(*) AS rows
    FROM {conflict}.conflictvisitmaps AS cvm
    WHERE cvm."CONFLICTID" IS NOT NULL AND cvm."VisitDate" BETWEEN %(window_start)s AND %(window_end)s
) AS eligible
CROSS JOIN (
    SELECT coalesce(sum(inside.rows), 0)::bigint AS rows
    FROM {conflict}.conflict_chunk AS chunk
    CROSS JOIN LATERAL (
        SELECT count(*) AS rows
        FROM {conflict}.conflictvisitmaps AS cvm
        WHERE cvm."CONFLICTID" IS NOT NULL
            AND (cvm."VisitDate", coalesce(cvm."SSN", '') COLLATE "C") >= (chunk.from_date, chunk.from_ssn)
            AND (cvm."VisitDate", coalesce(cvm."SSN", '') COLLATE "C") < (chunk.to_date, chunk.to_ssn)
    ) AS inside
    WHERE chunk.cycle_id = %(cycle_id)s
) AS covered
