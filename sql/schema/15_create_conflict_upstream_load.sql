-- The upstream loads of the ledger: one row for each load that a cycle includes (fragments/upstream_load.sql).
CREATE TABLE IF NOT EXISTS {conflict}.conflict_upstream_load (
    finished_at timestamp NOT NULL,
    number bigint NOT NULL,
    cycle_id integer NOT NULL REFERENCES {conflict}.conflict_cycle,
    PRIMARY KEY (finished_at, number)
)
