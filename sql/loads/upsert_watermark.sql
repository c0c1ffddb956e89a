-- Sets the watermark of a table, unless it is NULL; is_whole says that every row was read.
-- Values: table_name, watermark, is_whole.
INSERT INTO {conflict}.load_watermark (table_name, watermark, whole_at)
SELECT %(table_name)s, watermark, CASE WHEN %(is_whole)s THEN clock_timestamp() END
FROM (SELECT %(watermark)s::timestamptz AS watermark) AS given
WHERE watermark IS NOT NULL
ON CONFLICT (table_name) DO UPDATE
SET
    watermark = excluded.watermark,
    loaded_at = excluded.loaded_at,
    whole_at = coalesce(excluded.whole_at, load_watermark.whole_at)
