-- Times of visits that the chunks of the cycle could not use. Values: cycle_id.
SELECT coalesce(sum((counts -> 'redetect' ->> 'bad_times')::bigint), 0)::bigint AS failing
FROM {conflict}.conflict_chunk
WHERE cycle_id = %(cycle_id)s AND state = 'completed'
