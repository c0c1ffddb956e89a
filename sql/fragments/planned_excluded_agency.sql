-- The rows of excluded_agency that the cycle was planned with. Values: cycle_id.
jsonb_populate_recordset(
    NULL::{conflict}.excluded_agency,
    (SELECT rows FROM {conflict}.conflict_cycle_input WHERE cycle_id = %(cycle_id)s AND table_name = 'excluded_agency')
)
