-- Record that the chunk is completed, in the transaction that wrote its rows. Values: chunk_id, counts.
UPDATE {conflict}.conflict_chunk
SET
    state = 'completed', finished_at = clock_timestamp(), counts = %(counts)s, written_by = pg_current_xact_id()
WHERE chunk_id = %(chunk_id)s
RETURNING extract(epoch FROM finished_at - started_at)::float8 AS seconds
