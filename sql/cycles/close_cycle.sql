-- Complete a cycle whose chunks are all completed. Values: cycle_id.
UPDATE {conflict}.conflict_cycle AS cycle
SET state = 'completed', closed_at = clock_timestamp()
WHERE cycle.cycle_id = %(cycle_id)s
    AND cycle.state = 'open'
    AND NOT EXISTS (
        SELECT FROM {conflict}.conflict_chunk AS chunk
        WHERE chunk.cycle_id = cycle.cycle_id AND chunk.state <> 'completed'
    )
RETURNING cycle.cycle_key
