-- One cycle. Values: cycle_id.
SELECT {cycle_columns}
FROM {conflict}.conflict_cycle_status
WHERE cycle_id = %(cycle_id)s
