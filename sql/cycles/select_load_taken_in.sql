-- The newest upstream load that a cycle has taken in; NULL before any.
SELECT max(upstream_finished_at) AS finished_at
FROM {conflict}.conflict_cycle
