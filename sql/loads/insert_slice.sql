-- Adds a slice to the plan of a first or full load. Values: table_name, slice_number, from_date, to_date, undated,
-- planned_at, expected_rows.
INSERT INTO {conflict}.load_slice
    (table_name, slice_number, from_date, to_date, undated, planned_at, expected_rows)
VALUES (
    %(table_name)s, %(slice_number)s, %(from_date)s, %(to_date)s, %(undated)s, %(planned_at)s, %(expected_rows)s
)
