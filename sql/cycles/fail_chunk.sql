-- Record that the chunk failed. A chunk that has been skipped or completed meanwhile stays so. An attempt that did not
-- start (start_chunk.sql) is counted here. Values: chunk_id, run_id, error.
UPDATE {conflict}.conflict_chunk
SET
    state = 'failed', attempts = attempts + (state <> 'running')::integer, run_id = %(run_id)s,
    error = %(error)s, finished_at = clock_timestamp()
WHERE chunk_id = %(chunk_id)s AND state NOT IN ('completed', 'skipped')
