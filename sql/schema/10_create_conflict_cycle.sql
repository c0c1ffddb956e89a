-- The cycles of the ledger. At most one is preparing (its steps before the plan run), and at most one is open.
-- prepared_by: conflict_report, or assets. today: the date that the cycle counts its window from. time_zone: the report
-- time zone in which it was prepared, and in which every worker processes it. inputs: what its result depends on
-- (cycles/incremental.py). closed_by: the transaction that completed it. last_row_id: the highest ID of conflictvisitmaps
-- at its plan.
CREATE TABLE IF NOT EXISTS {conflict}.conflict_cycle (
    cycle_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    cycle_key text NOT NULL UNIQUE,
    state text NOT NULL DEFAULT 'open' CHECK (state IN ('preparing', 'open', 'completed', 'superseded')),
    mode text NOT NULL DEFAULT 'full' CHECK (mode IN ('full', 'incremental')),
    mode_reason text NOT NULL DEFAULT '',
    today date NOT NULL DEFAULT current_date,
    time_zone text NOT NULL DEFAULT current_setting('TimeZone'),
    window_start date NOT NULL,
    window_end date NOT NULL,
    settings jsonb NOT NULL,
    inputs jsonb,
    last_row_id numeric(38, 0),
    prepared_by text NOT NULL DEFAULT 'assets',
    run_id text,
    opened_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    planned_at timestamptz,
    closed_at timestamptz,
    closed_by xid8
)
