-- Sets how far the incremental load of a table has come; a NULL leaves it. Values: table_name, watermark.
INSERT INTO {conflict}.load_watermark (table_name, watermark)
SELECT %(table_name)s, watermark
FROM (SELECT %(watermark)s::timestamptz AS watermark) AS given
WHERE watermark IS NOT NULL
ON CONFLICT (table_name) DO UPDATE
SET watermark = excluded.watermark, loaded_at = excluded.loaded_at
