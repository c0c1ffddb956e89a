-- The chunks of the ledger. A chunk holds the keys (visit date, SSN; NULL as '') from from_date, from_ssn, inclusive,
-- up to to_date, to_ssn, exclusive. Holds SSNs: protect it like conflictvisitmaps. counts: by step and count.
-- written_by: the transaction that wrote its rows.
CREATE TABLE IF NOT EXISTS {conflict}.conflict_chunk (
    chunk_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    cycle_id integer NOT NULL REFERENCES {conflict}.conflict_cycle,
    chunk_number integer NOT NULL,
    partition_key text NOT NULL UNIQUE,
    from_date date NOT NULL,
    from_ssn text COLLATE "C" NOT NULL,
    to_date date NOT NULL,
    to_ssn text COLLATE "C" NOT NULL,
    keys integer NOT NULL,
    planned bigint NOT NULL,
    state text NOT NULL DEFAULT 'pending'
        CHECK (state IN ('pending', 'running', 'completed', 'failed', 'skipped')),
    attempts integer NOT NULL DEFAULT 0,
    run_id text,
    started_at timestamptz,
    finished_at timestamptz,
    error text,
    counts jsonb,
    written_by xid8,
    UNIQUE (cycle_id, chunk_number)
)
