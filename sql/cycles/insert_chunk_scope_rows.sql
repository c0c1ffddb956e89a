-- The rows of a chunk of scope `changed`: those that the plan gave to its key range, as far as they are still eligible.
-- Values: cycle_id, window_start, window_end, from_date, from_ssn, to_date, to_ssn.
INSERT INTO chunk_row (row_id, visit_id, con_visit_id)
SELECT cvm."ID", cvm."VisitID", cvm."ConVisitID"
FROM {conflict}.conflict_scope_row AS scope
INNER JOIN {conflict}.conflictvisitmaps AS cvm ON cvm."ID" = scope.row_id
WHERE scope.cycle_id = %(cycle_id)s
    AND (scope.visit_date, scope.ssn) >= (%(from_date)s::date, %(from_ssn)s::text)
    AND (scope.visit_date, scope.ssn) < (%(to_date)s::date, %(to_ssn)s::text)
    AND cvm."CONFLICTID" IS NOT NULL
    AND cvm."VisitDate" BETWEEN %(window_start)s AND %(window_end)s
