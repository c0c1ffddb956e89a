-- Values: chunk_id, run_id.
UPDATE {conflict}.conflict_chunk
SET
    state = 'processing', attempts = attempts + 1, run_id = %(run_id)s, error = NULL,
    started_at = clock_timestamp(), finished_at = NULL,
    marked = NULL, redetected = NULL, not_redetected = NULL, guarded = NULL, bad_gps = NULL,
    written = NULL, redetected_by_rule = NULL,
    mark_transaction = pg_current_xact_id(), update_transaction = NULL
WHERE chunk_id = %(chunk_id)s
RETURNING attempts
