-- Mark the rows of the chunk as being worked on. A mark that stays when the chunk has completed says: not
-- detected again. Rows that bear the mark already are not rewritten.
UPDATE {conflict}.conflictvisitmaps AS cvm
SET "UpdateFlag" = 1
FROM chunk_row
WHERE cvm."ID" = chunk_row.row_id AND cvm."UpdateFlag" IS DISTINCT FROM 1
