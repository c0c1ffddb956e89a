-- Mark the rows of the chunk as being worked on. A mark that stays when the chunk has completed says: not
-- detected again. Rows that bear the mark already are not rewritten; one that has got other visits since the chunk was
-- looked up is left to the next cycle, which sees by who wrote it last that it was not done.
UPDATE {conflict}.conflictvisitmaps AS cvm
SET "UpdateFlag" = 1
FROM chunk_row
WHERE cvm."ID" = chunk_row.row_id
    AND cvm."UpdateFlag" IS DISTINCT FROM 1
    AND cvm."VisitID" IS NOT DISTINCT FROM chunk_row.visit_id
    AND cvm."ConVisitID" IS NOT DISTINCT FROM chunk_row.con_visit_id
