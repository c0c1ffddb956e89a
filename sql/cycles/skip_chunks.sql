-- Skip the chunks that a superseded cycle has not completed. Values: cycle_id, reason.
UPDATE {conflict}.conflict_chunk
SET state = 'skipped', error = %(reason)s, finished_at = clock_timestamp()
WHERE cycle_id = %(cycle_id)s AND state <> 'completed'
