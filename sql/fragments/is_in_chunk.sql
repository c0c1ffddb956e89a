-- The key of row cvm is in the chunk's range. Values: from_date, from_ssn, to_date, to_ssn.
(
    ({chunk_key}) >= (%(from_date)s::date, %(from_ssn)s::text)
    AND ({chunk_key}) < (%(to_date)s::date, %(to_ssn)s::text)
)
