-- Open a cycle that was being prepared: its chunks are planned in this transaction. No row if it is no longer preparing.
-- Values: cycle_id, mode, mode_reason, inputs.
UPDATE {conflict}.conflict_cycle
SET
    state = 'open', mode = %(mode)s, mode_reason = %(mode_reason)s, inputs = %(inputs)s,
    planned_at = clock_timestamp(),
    last_row_id = (SELECT max("ID") FROM {conflict}.conflictvisitmaps)
WHERE cycle_id = %(cycle_id)s AND state = 'preparing'
RETURNING cycle_key
