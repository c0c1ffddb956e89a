-- The order of the chunks: finds the rows of a key range, and groups rows by key without a sort.
-- Collation C, so that an upgrade of the server's system libraries cannot change the order.
CREATE INDEX CONCURRENTLY IF NOT EXISTS conflictvisitmaps_chunk_key
ON {conflict}.conflictvisitmaps ("VisitDate", (coalesce("SSN", '') COLLATE "C"))
WHERE "CONFLICTID" IS NOT NULL
