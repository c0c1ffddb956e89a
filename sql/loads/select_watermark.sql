-- How far the incremental load of a table has come. Values: table_name.
SELECT watermark FROM {conflict}.load_watermark WHERE table_name = %(table_name)s
