-- Count the marked rows of the window. Values: cycle_id, window_start, window_end.
INSERT INTO {conflict}.conflict_proof (cycle_id, marked)
SELECT %(cycle_id)s, count(*) FILTER (WHERE cvm."UpdateFlag" = 1)
FROM {conflict}.conflictvisitmaps AS cvm
WHERE {is_eligible}
