-- The chunks of a cycle in their order. Values: cycle_id.
SELECT partition_key, status, attempts, keys, planned, counts, started_at, seconds, run_id, error
FROM {conflict}.conflict_chunk_status
WHERE cycle_id = %(cycle_id)s
ORDER BY chunk_number
