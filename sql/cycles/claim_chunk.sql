-- Claim the chunk for this session, unless another session holds it. The lock falls with the connection, so the chunk of
-- a dead worker is free at once. No row for an unknown partition key. Values: partition_key.
SELECT chunk_id, pg_try_advisory_lock(tableoid::bigint::bit(32)::integer, chunk_id) AS claimed
FROM {conflict}.conflict_chunk
WHERE partition_key = %(partition_key)s
