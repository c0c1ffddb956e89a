-- Mark the rows of the chunk that are not re-detected or that are guarded. Rows that bear the mark already are not
-- written, nor are rows that have been given other visits since chunk_row was filled: the next cycle looks at them,
-- because another transaction wrote them last.
WITH looked_at AS MATERIALIZED (
    -- Joined on its own, because the planner underestimates the conditions below and would scan pair for each row.
    SELECT chunk_row.*, pair.row_id IS NOT NULL AS is_detected
    FROM chunk_row
    LEFT JOIN pair USING (row_id)
)

UPDATE {conflict}.conflictvisitmaps AS cvm
SET "UpdateFlag" = 1
FROM looked_at
WHERE cvm."ID" = looked_at.row_id
    AND cvm."UpdateFlag" IS DISTINCT FROM 1
    AND cvm."VisitID" IS NOT DISTINCT FROM looked_at.visit_id
    AND cvm."ConVisitID" IS NOT DISTINCT FROM looked_at.con_visit_id
    AND (NOT looked_at.is_detected OR {is_guarded})
