-- Mark the rows of the chunk that are not detected again or that must not be updated. Rows that bear the mark already
-- are not written, nor those that have got other visits since (mark_rows.sql).
UPDATE {conflict}.conflictvisitmaps AS cvm
SET "UpdateFlag" = 1
FROM chunk_row
LEFT JOIN pair USING (row_id)
WHERE cvm."ID" = chunk_row.row_id
    AND cvm."UpdateFlag" IS DISTINCT FROM 1
    AND cvm."VisitID" IS NOT DISTINCT FROM chunk_row.visit_id
    AND cvm."ConVisitID" IS NOT DISTINCT FROM chunk_row.con_visit_id
    AND (
        pair.row_id IS NULL
        OR num_nonnulls(
            cvm."InserviceStartDate", cvm."InserviceEndDate", cvm."PTOStartDate", cvm."PTOEndDate",
            cvm."ConInserviceStartDate", cvm."ConInserviceEndDate", cvm."ConPTOStartDate", cvm."ConPTOEndDate"
        ) > 0
    )
