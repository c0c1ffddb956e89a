-- One chunk with its cycle, without its boundaries, which hold SSNs. Values: chunk_id.
SELECT
    chunk.chunk_id,
    chunk.cycle_id,
    chunk.partition_key,
    chunk.planned,
    chunk.state,
    chunk.attempts,
    cycle.cycle_key,
    cycle.window_start,
    cycle.window_end,
    cycle.time_zone,
    cycle.mode,
    cycle.state AS cycle_state,
    (
        SELECT max(newest.cycle_key)
        FROM {conflict}.conflict_cycle AS newest
        WHERE newest.planned_at IS NOT NULL
    ) AS newest_cycle_key
FROM {conflict}.conflict_chunk AS chunk
INNER JOIN {conflict}.conflict_cycle AS cycle ON cycle.cycle_id = chunk.cycle_id
WHERE chunk.chunk_id = %(chunk_id)s
