-- The rows that an incremental cycle looks at, by the key that they had when it was planned. Holds SSNs: protect it
-- like conflictvisitmaps.
CREATE TABLE IF NOT EXISTS {conflict}.conflict_changed_row (
    cycle_id integer NOT NULL REFERENCES {conflict}.conflict_cycle,
    visit_date date NOT NULL,
    ssn text COLLATE "C" NOT NULL,
    row_id numeric(38, 0) NOT NULL,
    PRIMARY KEY (cycle_id, visit_date, ssn, row_id)
)
