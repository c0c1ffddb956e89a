-- The newest upstream load that a cycle includes; NULL before any.
SELECT max(upstream_finished_at) AS finished_at
FROM {conflict}.conflict_cycle
