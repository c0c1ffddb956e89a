-- The chunks of a cycle in their order, without their boundaries: those hold SSNs. Values: cycle_id.
SELECT
    partition_key, state, attempts, keys, planned, marked, redetected, not_redetected, guarded, bad_gps, error,
    run_id, redetected_by_rule, extract(epoch FROM finished_at - started_at)::float8 AS seconds
FROM {conflict}.conflict_chunk
WHERE cycle_id = %(cycle_id)s
ORDER BY chunk_number
