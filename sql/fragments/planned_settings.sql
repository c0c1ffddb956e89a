-- The rows of settings that the cycle was planned with. Values: cycle_id.
jsonb_populate_recordset(
    NULL::{conflict}.settings,
    (SELECT rows FROM {conflict}.conflict_cycle_input WHERE cycle_id = %(cycle_id)s AND table_name = 'settings')
)
