-- Update rows from their new values, which stand ready and indexed: no update of these rows can cost less.
-- Identifiers: assignments.
UPDATE {conflict}.conflictvisitmaps AS cvm
SET
    {assignments}
FROM {conflict}.bench_ready AS ready
WHERE cvm."ID" = ready."ID"
