-- Rows that an incremental cycle looks at, and that are in the range of none of its chunks. Values: cycle_id.
SELECT count(*) AS failing
FROM {conflict}.conflict_changed_row AS changed
WHERE changed.cycle_id = %(cycle_id)s
    AND NOT EXISTS (
        SELECT
        FROM {conflict}.conflict_chunk AS chunk
        WHERE chunk.cycle_id = changed.cycle_id
            AND (changed.visit_date, changed.ssn) >= (chunk.from_date, chunk.from_ssn)
            AND (changed.visit_date, changed.ssn) < (chunk.to_date, chunk.to_ssn)
    )
