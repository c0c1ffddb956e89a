-- Mark the rows of the chunk that are not re-detected or that are guarded. Rows that bear the mark already are not
-- written, nor are rows that another session has changed since chunk_row was filled. Values: window_start, window_end.
WITH looked_up AS MATERIALIZED (
    -- Joined on its own, because the planner underestimates the conditions below and would scan pair for each row.
    SELECT chunk_row.*, pair.row_id IS NOT NULL AS is_detected
    FROM chunk_row
    LEFT JOIN pair USING (row_id)
)

UPDATE {conflict}.conflictvisitmaps AS cvm
SET "UpdateFlag" = 1
FROM looked_up
WHERE cvm."ID" = looked_up.row_id
    AND cvm."UpdateFlag" IS DISTINCT FROM 1
    AND {is_unchanged}
    AND (NOT looked_up.is_detected OR {is_guarded})
