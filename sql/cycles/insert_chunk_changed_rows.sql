-- The rows of a chunk of an incremental cycle: those that the plan gave to its key range, if they are still eligible.
-- Values: chunk_id, window_start, window_end.
INSERT INTO chunk_row (row_id, visit_id, con_visit_id)
SELECT cvm."ID", cvm."VisitID", cvm."ConVisitID"
FROM {conflict}.conflict_chunk AS chunk
INNER JOIN {conflict}.conflict_changed_row AS changed
    ON changed.cycle_id = chunk.cycle_id
    AND (changed.visit_date, changed.ssn) >= (chunk.from_date, chunk.from_ssn)
    AND (changed.visit_date, changed.ssn) < (chunk.to_date, chunk.to_ssn)
INNER JOIN {conflict}.conflictvisitmaps AS cvm ON cvm."ID" = changed.row_id
WHERE chunk.chunk_id = %(chunk_id)s AND {is_eligible}
