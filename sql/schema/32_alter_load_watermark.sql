-- When a table was last loaded as a whole: rows of any age may have come then.
ALTER TABLE {conflict}.load_watermark ADD COLUMN IF NOT EXISTS whole_at timestamptz
