-- Record that a cycle includes all upstream loads that no earlier cycle includes. Values: cycle_id.
INSERT INTO {conflict}.conflict_upstream_load (finished_at, number, cycle_id)
SELECT finished_at, number, %(cycle_id)s
FROM {upstream_load} AS load
ON CONFLICT DO NOTHING
