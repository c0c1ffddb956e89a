-- The least that an update of these rows can cost: their new values stand ready, indexed by ID.
-- Identifiers: assignments.
UPDATE {conflict}.conflictvisitmaps AS cvm
SET
    {assignments}
FROM {conflict}.bench_ready AS ready
WHERE cvm."ID" = ready."ID"
