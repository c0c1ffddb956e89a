-- The time up to which the incremental loads of a table have read changes. Values: table_name.
SELECT watermark FROM {conflict}.load_watermark WHERE table_name = %(table_name)s
