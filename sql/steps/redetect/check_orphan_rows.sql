-- Eligible rows that the cycle looks at, and whose parent is not in conflicts. Identifiers: is_looked_at (on cvm).
-- Values: cycle_id, window_start, window_end.
SELECT count(*) AS failing
FROM {conflict}.conflictvisitmaps AS cvm
WHERE cvm."CONFLICTID" IS NOT NULL
    AND cvm."VisitDate" BETWEEN %(window_start)s AND %(window_end)s
    AND {is_looked_at}
    AND NOT EXISTS (
        SELECT FROM {conflict}.conflicts AS parent WHERE parent."CONFLICTID" = cvm."CONFLICTID"
    )
