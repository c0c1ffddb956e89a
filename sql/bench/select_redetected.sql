-- The rows that a cycle of a single chunk has re-detected: eligible, and without the mark.
-- Identifiers: columns. Values: window_start, window_end.
SELECT {columns}
FROM {conflict}.conflictvisitmaps
WHERE "CONFLICTID" IS NOT NULL
    AND "VisitDate" BETWEEN %(window_start)s AND %(window_end)s
    AND "UpdateFlag" IS NULL
