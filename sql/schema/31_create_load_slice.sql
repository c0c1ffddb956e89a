-- The slices of a first or full load that is running: visit dates from from_date to to_date, inclusive.
-- Unlogged like the staging tables, so that a crash of the server empties both, never only one of them.
CREATE UNLOGGED TABLE IF NOT EXISTS {conflict}.load_slice (
    table_name text NOT NULL,
    slice_number integer NOT NULL,
    from_date date NOT NULL,
    to_date date NOT NULL,
    undated boolean NOT NULL,
    planned_at timestamptz NOT NULL,
    expected_rows bigint NOT NULL,
    loaded_rows bigint,
    PRIMARY KEY (table_name, slice_number)
)
