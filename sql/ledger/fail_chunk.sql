-- Values: chunk_id, run_id, error. A chunk whose cycle has been superseded in the meantime stays skipped.
UPDATE {conflict}.conflict_chunk
SET state = 'failed', run_id = %(run_id)s, error = %(error)s, finished_at = clock_timestamp()
WHERE chunk_id = %(chunk_id)s AND state <> 'skipped'
