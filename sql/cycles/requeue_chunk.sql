-- Make the chunk pending again for a retry; another worker may claim it meanwhile. An attempt that
-- did not start is counted here. Values: chunk_id, error.
UPDATE {conflict}.conflict_chunk
SET
    state = 'pending', attempts = attempts + (state <> 'running')::integer,
    error = %(error)s, finished_at = clock_timestamp()
WHERE chunk_id = %(chunk_id)s AND state NOT IN ('completed', 'skipped')
