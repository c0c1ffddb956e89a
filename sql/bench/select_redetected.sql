-- Select the rows that a full cycle has re-detected: they are eligible and have no UpdateFlag.
-- Identifiers: columns. Values: window_start, window_end.
SELECT {columns}
FROM {conflict}.conflictvisitmaps
WHERE "CONFLICTID" IS NOT NULL
    AND "VisitDate" BETWEEN %(window_start)s AND %(window_end)s
    AND "UpdateFlag" IS NULL
