-- Delete what other cycles were planned with. Values: cycle_id.
DELETE FROM {conflict}.conflict_cycle_input WHERE cycle_id <> %(cycle_id)s
