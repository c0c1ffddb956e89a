-- Rows of the scope of a cycle that looks only at what has changed, that are in the range of none of its chunks.
-- Values: cycle_id.
SELECT count(*) AS failing
FROM {conflict}.conflict_scope_row AS scope
WHERE scope.cycle_id = %(cycle_id)s
    AND NOT EXISTS (
        SELECT
        FROM {conflict}.conflict_chunk AS chunk
        WHERE chunk.cycle_id = scope.cycle_id
            AND (scope.visit_date, scope.ssn) >= (chunk.from_date, chunk.from_ssn)
            AND (scope.visit_date, scope.ssn) < (chunk.to_date, chunk.to_ssn)
    )
