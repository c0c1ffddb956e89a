-- How many row versions a chunk wrote, and the transactions that wrote them; ledgers of earlier versions lack it.
ALTER TABLE {conflict}.conflict_chunk
    ADD COLUMN IF NOT EXISTS written bigint,
    ADD COLUMN IF NOT EXISTS mark_transaction xid8,
    ADD COLUMN IF NOT EXISTS update_transaction xid8
