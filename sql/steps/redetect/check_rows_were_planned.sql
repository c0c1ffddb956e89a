-- Completed chunks that had other rows when they were processed than when they were planned. Values: cycle_id.
SELECT count(*) FILTER (WHERE chunk.planned <> (chunk.counts -> 'redetect' ->> 'rows')::bigint) AS failing
FROM {conflict}.conflict_chunk AS chunk
WHERE chunk.cycle_id = %(cycle_id)s AND chunk.state = 'completed'
