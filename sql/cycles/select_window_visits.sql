-- The visits that the eligible rows of the window name. Values: window_start, window_end.
SELECT visit.visit_id
FROM {conflict}.conflictvisitmaps AS cvm
CROSS JOIN LATERAL (VALUES (cvm."VisitID"), (cvm."ConVisitID")) AS visit (visit_id)
WHERE {is_eligible}
