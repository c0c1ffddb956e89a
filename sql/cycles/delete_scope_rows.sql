-- Forgets the scopes of other cycles. Values: cycle_id.
DELETE FROM {conflict}.conflict_scope_row WHERE cycle_id <> %(cycle_id)s
