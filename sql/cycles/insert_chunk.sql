-- Values: cycle_id, chunk_number, partition_key, from_date, from_ssn, to_date, to_ssn, keys, planned.
INSERT INTO {conflict}.conflict_chunk
    (cycle_id, chunk_number, partition_key, from_date, from_ssn, to_date, to_ssn, keys, planned)
VALUES (
    %(cycle_id)s, %(chunk_number)s, %(partition_key)s,
    %(from_date)s, %(from_ssn)s, %(to_date)s, %(to_ssn)s, %(keys)s, %(planned)s
)
