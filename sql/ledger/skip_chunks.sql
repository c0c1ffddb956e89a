-- The chunks that a superseded cycle leaves undone. Values: cycle_id.
UPDATE {conflict}.conflict_chunk
SET state = 'skipped', error = 'superseded by a newer plan', finished_at = clock_timestamp()
WHERE cycle_id = %(cycle_id)s AND state <> 'completed'
