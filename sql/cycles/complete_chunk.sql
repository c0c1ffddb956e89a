-- Values: chunk_id, marked, redetected, not_redetected, guarded, bad_gps, written, redetected_by_rule.
UPDATE {conflict}.conflict_chunk
SET
    state = 'completed', finished_at = clock_timestamp(), marked = %(marked)s, redetected = %(redetected)s,
    not_redetected = %(not_redetected)s, guarded = %(guarded)s, bad_gps = %(bad_gps)s,
    written = %(written)s, redetected_by_rule = %(redetected_by_rule)s,
    update_transaction = pg_current_xact_id()
WHERE chunk_id = %(chunk_id)s
RETURNING extract(epoch FROM finished_at - started_at)::float8 AS seconds
