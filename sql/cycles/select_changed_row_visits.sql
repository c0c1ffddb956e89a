-- The visits that the rows of an incremental cycle name. Values: cycle_id.
SELECT visit.visit_id
FROM {conflict}.conflict_changed_row AS changed
INNER JOIN {conflict}.conflictvisitmaps AS cvm ON cvm."ID" = changed.row_id
CROSS JOIN LATERAL (VALUES (cvm."VisitID"), (cvm."ConVisitID")) AS visit (visit_id)
WHERE changed.cycle_id = %(cycle_id)s
