-- What the newest cycle was planned with: the rows of each small table that concerns every row of the conflict table
-- (cycles/inputs.py). Holds SSNs: protect it like conflictvisitmaps.
CREATE TABLE IF NOT EXISTS {conflict}.conflict_cycle_input (
    cycle_id integer NOT NULL REFERENCES {conflict}.conflict_cycle,
    table_name text NOT NULL,
    rows jsonb NOT NULL,
    PRIMARY KEY (cycle_id, table_name)
)
