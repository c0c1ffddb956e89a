-- The slices of a first or full load that is in progress, in order. Values: table_name.
SELECT slice_number, from_date, to_date, undated, planned_at, expected_rows, loaded_rows
FROM {conflict}.load_slice
WHERE table_name = %(table_name)s
ORDER BY slice_number
