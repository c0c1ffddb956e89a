-- Complete a cycle whose chunks are all completed. closed_by equals the xmin of the row as long as it is the version that
-- this statement has written: it must not run under a savepoint, and no statement may update the row afterwards.
-- Values: cycle_id.
UPDATE {conflict}.conflict_cycle AS cycle
SET state = 'completed', closed_at = clock_timestamp(), closed_by = pg_current_xact_id()
WHERE cycle.cycle_id = %(cycle_id)s
    AND cycle.state = 'open'
    AND NOT EXISTS (
        SELECT FROM {conflict}.conflict_chunk AS chunk
        WHERE chunk.cycle_id = cycle.cycle_id AND chunk.state <> 'completed'
    )
RETURNING cycle.cycle_key
