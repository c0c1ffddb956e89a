-- The rows of a chunk of an incremental cycle: those that the plan gave to its key range, if they are still eligible.
-- Values: cycle_id, window_start, window_end, from_date, from_ssn, to_date, to_ssn.
INSERT INTO chunk_row (row_id, visit_id, con_visit_id)
SELECT cvm."ID", cvm."VisitID", cvm."ConVisitID"
FROM {conflict}.conflict_changed_row AS changed
INNER JOIN {conflict}.conflictvisitmaps AS cvm ON cvm."ID" = changed.row_id
WHERE changed.cycle_id = %(cycle_id)s
    AND (changed.visit_date, changed.ssn) >= (%(from_date)s::date, %(from_ssn)s::text)
    AND (changed.visit_date, changed.ssn) < (%(to_date)s::date, %(to_ssn)s::text)
    AND {is_eligible}
