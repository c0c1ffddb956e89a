-- The eligible rows of a chunk: those in its key range, but for rows that other chunks of the cycle have moved there, and
-- those that this chunk has moved away in an earlier attempt that completed. All ranges are within the window, so it is
-- not compared here: each chunk would scan the index from the start of the window.
-- Values: cycle_id, chunk_id, window_start, window_end.
INSERT INTO chunk_row (row_id, visit_id, con_visit_id)
SELECT cvm."ID", cvm."VisitID", cvm."ConVisitID"
FROM {conflict}.conflictvisitmaps AS cvm
WHERE cvm."CONFLICTID" IS NOT NULL
    AND {is_in_chunk}
    AND NOT EXISTS (
        SELECT FROM {conflict}.conflict_moved_row AS moved
        WHERE moved.cycle_id = %(cycle_id)s AND moved.row_id = cvm."ID" AND moved.chunk_id <> %(chunk_id)s
    )
UNION
SELECT cvm."ID", cvm."VisitID", cvm."ConVisitID"
FROM {conflict}.conflict_moved_row AS moved
INNER JOIN {conflict}.conflictvisitmaps AS cvm ON cvm."ID" = moved.row_id
WHERE moved.cycle_id = %(cycle_id)s AND moved.chunk_id = %(chunk_id)s AND {is_eligible}
