-- A chunk that is tried again in a moment, and that another worker may take meanwhile. An attempt that did not come
-- as far as its mark is counted here. Values: chunk_id, error.
UPDATE {conflict}.conflict_chunk
SET
    state = 'pending', attempts = attempts + (state <> 'processing')::integer,
    error = %(error)s, finished_at = clock_timestamp()
WHERE chunk_id = %(chunk_id)s AND state NOT IN ('completed', 'skipped')
