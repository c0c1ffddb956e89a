-- Rows whose update changed their visit date or SSN so that they left the key range of their chunk. They belong to the
-- chunk that processed them, and to no other chunk of the cycle.
CREATE TABLE IF NOT EXISTS {conflict}.conflict_moved_row (
    cycle_id integer NOT NULL REFERENCES {conflict}.conflict_cycle,
    row_id numeric(38, 0) NOT NULL,
    chunk_id integer NOT NULL REFERENCES {conflict}.conflict_chunk,
    PRIMARY KEY (cycle_id, row_id)
)
