-- The ledger's cycles: one row per pass of the report. At most one is open.
-- upstream_finished_at: the newest upstream load that it has taken in.
CREATE TABLE IF NOT EXISTS {conflict}.conflict_cycle (
    cycle_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    cycle_key text NOT NULL UNIQUE,
    state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'completed', 'superseded')),
    window_start date NOT NULL,
    window_end date NOT NULL,
    settings jsonb NOT NULL,
    last_row_id numeric(38, 0),
    upstream_finished_at timestamp,
    run_id text,
    opened_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    closed_at timestamptz
)
