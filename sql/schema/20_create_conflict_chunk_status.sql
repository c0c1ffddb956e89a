-- Where each chunk stands, for people and for the pipeline; without the boundaries, which hold SSNs.
-- A chunk is "locked" while a session works on it, and "stuck" if it was being processed and nobody holds it any
-- more: its worker has died, its rows are marked, and it has to be done again.
CREATE OR REPLACE VIEW {conflict}.conflict_chunk_status AS
SELECT
    cycle.cycle_id,
    cycle.cycle_key,
    cycle.state AS cycle_state,
    chunk.chunk_number,
    chunk.partition_key,
    CASE
        WHEN chunk.state IN ('completed', 'skipped') THEN chunk.state
        WHEN lock_holder.pid IS NOT NULL THEN 'locked'
        WHEN chunk.state = 'processing' THEN 'stuck'
        ELSE chunk.state
    END AS status,
    chunk.attempts,
    chunk.keys,
    chunk.planned,
    chunk.marked,
    chunk.redetected,
    chunk.not_redetected,
    chunk.guarded,
    chunk.bad_gps,
    chunk.redetected_by_rule,
    chunk.started_at,
    chunk.finished_at,
    extract(epoch FROM chunk.finished_at - chunk.started_at)::float8 AS seconds,
    chunk.run_id,
    lock_holder.pid AS locked_by_pid,
    chunk.error,
    chunk.written
FROM {conflict}.conflict_chunk AS chunk
INNER JOIN {conflict}.conflict_cycle AS cycle ON cycle.cycle_id = chunk.cycle_id
LEFT JOIN pg_locks AS lock_holder
    ON lock_holder.locktype = 'advisory'
    AND lock_holder.granted
    AND lock_holder.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND lock_holder.classid = chunk.tableoid
    AND lock_holder.objid = chunk.chunk_id::oid
    AND lock_holder.objsubid = 2
