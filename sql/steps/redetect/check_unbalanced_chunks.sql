-- Completed chunks whose counts do not add up. Values: cycle_id.
SELECT
    count(*) FILTER (WHERE marked <> redetected + not_redetected + guarded OR not_redetected < 0) AS failing,
    count(*) FILTER (WHERE planned <> marked) AS planned_is_not_marked
FROM {conflict}.conflict_chunk
WHERE cycle_id = %(cycle_id)s AND state = 'completed'
