-- How many row versions a chunk wrote; ledgers of earlier versions lack it.
ALTER TABLE {conflict}.conflict_chunk ADD COLUMN IF NOT EXISTS written bigint
