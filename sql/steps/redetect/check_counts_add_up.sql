-- Completed chunks whose counts do not add up. Values: cycle_id.
SELECT count(*) FILTER (
    WHERE counts.rows <> counts.redetected + counts.not_redetected + counts.guarded + counts.changed_meanwhile
        OR least(counts.redetected, counts.not_redetected, counts.guarded, counts.changed_meanwhile) < 0
) AS failing
FROM {conflict}.conflict_chunk AS chunk
CROSS JOIN jsonb_to_record(chunk.counts -> 'redetect')
    AS counts (
        rows bigint, redetected bigint, not_redetected bigint, guarded bigint, changed_meanwhile bigint
    )
WHERE chunk.cycle_id = %(cycle_id)s AND chunk.state = 'completed'
