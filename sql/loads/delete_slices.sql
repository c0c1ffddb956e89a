-- Removes the slices of a table's load. Values: table_name.
DELETE FROM {conflict}.load_slice WHERE table_name = %(table_name)s
