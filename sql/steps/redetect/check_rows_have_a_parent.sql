-- Eligible rows that the cycle looks at, and whose parent is not in conflicts.
-- Identifiers: is_looked_at. Values: cycle_id, window_start, window_end.
SELECT count(*) AS failing
FROM {conflict}.conflictvisitmaps AS cvm
WHERE {is_eligible}
    AND {is_looked_at}
    AND NOT EXISTS (
        SELECT FROM {conflict}.conflicts AS parent WHERE parent."CONFLICTID" = cvm."CONFLICTID"
    )
