-- GPS texts that the chunks of the cycle could not read. Values: cycle_id.
SELECT coalesce(sum((counts -> 'redetect' ->> 'bad_gps')::bigint), 0)::bigint AS failing
FROM {conflict}.conflict_chunk
WHERE cycle_id = %(cycle_id)s AND state = 'completed'
