-- The key of row cvm is in the chunk's range. The boundaries are SSNs, so they are read here: a value would be in the
-- server's log. Values: chunk_id.
(
    ({chunk_key}) >= (SELECT from_date, from_ssn FROM {conflict}.conflict_chunk WHERE chunk_id = %(chunk_id)s)
    AND ({chunk_key}) < (SELECT to_date, to_ssn FROM {conflict}.conflict_chunk WHERE chunk_id = %(chunk_id)s)
)
