-- The key by which row cvm is assigned to a chunk, as the index conflictvisitmaps_chunk_key has it.
cvm."VisitDate", coalesce(cvm."SSN", '') COLLATE "C"
