-- The cycle steps of the ledger: one row for each step that a cycle has started. counts: by count.
CREATE TABLE IF NOT EXISTS {conflict}.conflict_step (
    cycle_id integer NOT NULL REFERENCES {conflict}.conflict_cycle,
    step text NOT NULL,
    state text NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'completed', 'failed')),
    counts jsonb,
    run_id text,
    started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    finished_at timestamptz,
    error text,
    PRIMARY KEY (cycle_id, step)
)
