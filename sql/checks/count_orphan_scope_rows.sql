-- As count_orphan_rows.sql, of the rows of the scope of a cycle that looks only at what has changed.
-- Values: cycle_id, window_start, window_end.
SELECT count(*) AS failing
FROM {conflict}.conflict_scope_row AS scope
INNER JOIN {conflict}.conflictvisitmaps AS cvm ON cvm."ID" = scope.row_id
WHERE scope.cycle_id = %(cycle_id)s
    AND cvm."CONFLICTID" IS NOT NULL
    AND cvm."VisitDate" BETWEEN %(window_start)s AND %(window_end)s
    AND NOT EXISTS (
        SELECT FROM {conflict}.conflicts AS parent WHERE parent."CONFLICTID" = cvm."CONFLICTID"
    )
