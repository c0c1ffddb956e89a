-- Delete the rows that other cycles looked at. Values: cycle_id.
DELETE FROM {conflict}.conflict_changed_row WHERE cycle_id <> %(cycle_id)s
