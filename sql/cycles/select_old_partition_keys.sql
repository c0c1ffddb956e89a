-- The partition keys of all cycles but the newest. Values: keep_cycles.
SELECT chunk.partition_key
FROM {conflict}.conflict_chunk AS chunk
WHERE chunk.cycle_id NOT IN (
    SELECT cycle_id
    FROM {conflict}.conflict_cycle
    WHERE planned_at IS NOT NULL
    ORDER BY cycle_id DESC
    LIMIT %(keep_cycles)s
)
