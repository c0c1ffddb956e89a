-- Release the lock of claim_chunk.sql. Values: chunk_id.
SELECT pg_advisory_unlock(tableoid::bigint::bit(32)::integer, chunk_id) AS released
FROM {conflict}.conflict_chunk
WHERE chunk_id = %(chunk_id)s
