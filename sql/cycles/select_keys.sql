-- The eligible rows of the window by key, in chunk order. Values: window_start, window_end.
SELECT "VisitDate" AS visit_date, coalesce("SSN", '') COLLATE "C" AS ssn, count(*) AS rows
FROM {conflict}.conflictvisitmaps
WHERE "CONFLICTID" IS NOT NULL AND "VisitDate" BETWEEN %(window_start)s AND %(window_end)s
GROUP BY "VisitDate", coalesce("SSN", '') COLLATE "C"
ORDER BY "VisitDate", coalesce("SSN", '') COLLATE "C"
