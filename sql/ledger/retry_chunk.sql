-- A chunk that is tried again in a moment, and that another worker may take meanwhile. Values: chunk_id, error.
UPDATE {conflict}.conflict_chunk
SET state = 'pending', error = %(error)s, finished_at = clock_timestamp()
WHERE chunk_id = %(chunk_id)s AND state = 'processing'
