-- Values: chunk_id, run_id, error. A chunk that has been skipped or completed in the meantime stays so. An attempt
-- that did not come as far as its mark (start_chunk.sql) is counted here.
UPDATE {conflict}.conflict_chunk
SET
    state = 'failed', attempts = attempts + (state <> 'processing')::integer, run_id = %(run_id)s,
    error = %(error)s, finished_at = clock_timestamp()
WHERE chunk_id = %(chunk_id)s AND state NOT IN ('completed', 'skipped')
