-- Rows that bear the mark, or do not, beyond those that their chunk counted as marked or updated. Only rows that no other
-- transaction has written since its chunk are compared, so the application may write at any time.
-- Identifiers: is_looked_at. Values: cycle_id.
SELECT
    coalesce(sum(
        greatest(found.marked - counted.marked, 0) + greatest(found.updated - counted.updated, 0)
    ), 0)::bigint AS failing,
    coalesce(sum(found.marked), 0)::bigint AS marked,
    coalesce(sum(found.updated), 0)::bigint AS updated
FROM (
    SELECT
        chunk.written_by::xid AS written_by,
        (chunk.counts -> 'redetect' ->> 'marked')::bigint AS marked,
        (chunk.counts -> 'redetect' ->> 'written')::bigint - (chunk.counts -> 'redetect' ->> 'marked')::bigint AS updated
    FROM {conflict}.conflict_chunk AS chunk
    WHERE chunk.cycle_id = %(cycle_id)s AND chunk.state = 'completed'
) AS counted
INNER JOIN (
    SELECT
        cvm.xmin AS written_by,
        count(*) FILTER (WHERE cvm."UpdateFlag" = 1) AS marked,
        count(*) FILTER (WHERE cvm."UpdateFlag" IS DISTINCT FROM 1) AS updated
    FROM {conflict}.conflictvisitmaps AS cvm
    WHERE {is_looked_at}
    GROUP BY cvm.xmin
) AS found ON found.written_by = counted.written_by
