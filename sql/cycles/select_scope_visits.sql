-- The visits that the rows of a cycle's scope name. Values: cycle_id.
SELECT visit.visit_id
FROM {conflict}.conflict_scope_row AS scope
INNER JOIN {conflict}.conflictvisitmaps AS cvm ON cvm."ID" = scope.row_id
CROSS JOIN LATERAL (VALUES (cvm."VisitID"), (cvm."ConVisitID")) AS visit (visit_id)
WHERE scope.cycle_id = %(cycle_id)s
