-- Record that an attempt at the chunk starts. Values: chunk_id, run_id.
UPDATE {conflict}.conflict_chunk
SET
    state = 'running', attempts = attempts + 1, run_id = %(run_id)s, error = NULL,
    started_at = clock_timestamp(), finished_at = NULL, counts = NULL, written_by = NULL
WHERE chunk_id = %(chunk_id)s
RETURNING attempts
