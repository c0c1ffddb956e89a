-- How far each incremental load has come: the newest change of the source that the table holds. whole_at is the time of
-- the last full load, which may have brought rows of any age.
CREATE TABLE IF NOT EXISTS {conflict}.load_watermark (
    table_name text PRIMARY KEY,
    watermark timestamptz NOT NULL,
    loaded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    whole_at timestamptz
)
