-- How far each incremental load has come: the source's newest change that is in the table.
CREATE TABLE IF NOT EXISTS {conflict}.load_watermark (
    table_name text PRIMARY KEY,
    watermark timestamptz NOT NULL,
    loaded_at timestamptz NOT NULL DEFAULT clock_timestamp()
)
