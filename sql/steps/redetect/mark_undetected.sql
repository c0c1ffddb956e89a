-- Mark the rows of the chunk that are not detected again or that must not be updated. Rows that bear the mark already
-- are not written, nor those that have got other visits since (mark_rows.sql).
WITH looked_at AS MATERIALIZED (
    -- on its own: the planner expects next to nothing of the conditions below, and would go through pair for each row
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
    AND (
        NOT looked_at.is_detected
        OR num_nonnulls(
            cvm."InserviceStartDate", cvm."InserviceEndDate", cvm."PTOStartDate", cvm."PTOEndDate",
            cvm."ConInserviceStartDate", cvm."ConInserviceEndDate", cvm."ConPTOStartDate", cvm."ConPTOEndDate"
        ) > 0
    )
