-- The difference between the marked rows that the cycle looks at and the rows that its chunks counted as marked.
-- Identifiers: is_looked_at. Values: cycle_id, window_start, window_end.
SELECT abs(found.marked - counted.marked) AS failing, found.marked, counted.marked AS expected
FROM (
    SELECT count(*) FILTER (WHERE cvm."UpdateFlag" = 1) AS marked
    FROM {conflict}.conflictvisitmaps AS cvm
    WHERE {is_eligible} AND {is_looked_at}
) AS found
CROSS JOIN (
    SELECT coalesce(sum(
        (counts -> 'redetect' ->> 'not_redetected')::bigint + (counts -> 'redetect' ->> 'guarded')::bigint
    ), 0)::bigint AS marked
    FROM {conflict}.conflict_chunk
    WHERE cycle_id = %(cycle_id)s AND state = 'completed'
) AS counted
