-- The eligible rows of the window by key, in the order of chunks. Values: window_start, window_end.
SELECT "VisitDate" AS visit_date, coalesce("SSN", '') COLLATE "C" AS ssn, count(*) AS rows
FROM {conflict}.conflictvisitmaps AS cvm
WHERE {is_eligible}
GROUP BY {chunk_key}
ORDER BY {chunk_key}
