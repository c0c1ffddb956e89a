-- The upstream loads that no cycle includes yet: their number, the newest end as text (it may be infinite), and the number
-- of all loads ever, which is a new one with each load.
SELECT
    count(*) AS loads,
    max(due.finished_at)::text AS newest,
    count(*) + (SELECT count(*) FROM {conflict}.conflict_upstream_load) AS loads_ever
FROM {upstream_load} AS due
WHERE
    NOT EXISTS (
        SELECT FROM {conflict}.conflict_upstream_load AS included
        WHERE included.finished_at = due.finished_at AND included.number = due.number
    )
