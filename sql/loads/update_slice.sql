-- Records that a slice is complete. Values: table_name, slice_number, loaded_rows.
UPDATE {conflict}.load_slice
SET loaded_rows = %(loaded_rows)s
WHERE table_name = %(table_name)s AND slice_number = %(slice_number)s
