-- The status of each chunk, without its boundaries, which hold SSNs. A chunk is "running" while a session holds it, and
-- "stuck" if it was running and no session holds it: its worker has died, nothing of it was written, and it has to be
-- processed again.
CREATE OR REPLACE VIEW {conflict}.conflict_chunk_status AS
SELECT
    cycle.cycle_id,
    cycle.cycle_key,
    cycle.state AS cycle_state,
    chunk.chunk_number,
    chunk.partition_key,
    CASE
        WHEN chunk.state IN ('completed', 'skipped') THEN chunk.state
        WHEN lock_holder.pid IS NOT NULL THEN 'running'
        WHEN chunk.state = 'running' THEN 'stuck'
        ELSE chunk.state
    END AS status,
    chunk.attempts,
    chunk.keys,
    chunk.planned,
    chunk.counts,
    chunk.started_at,
    chunk.finished_at,
    extract(epoch FROM chunk.finished_at - chunk.started_at)::float8 AS seconds,
    chunk.run_id,
    lock_holder.pid AS held_by_pid,
    chunk.error
FROM {conflict}.conflict_chunk AS chunk
INNER JOIN {conflict}.conflict_cycle AS cycle ON cycle.cycle_id = chunk.cycle_id
LEFT JOIN pg_locks AS lock_holder
    ON lock_holder.locktype = 'advisory'
    AND lock_holder.granted
    AND lock_holder.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND lock_holder.classid = chunk.tableoid
    AND lock_holder.objid = chunk.chunk_id::oid
    AND lock_holder.objsubid = 2
