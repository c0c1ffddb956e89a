-- As count_untouched_rows.sql, of the rows of the scope of a cycle that looks only at what has changed.
-- Values: cycle_id.
SELECT count(*) AS failing
FROM {conflict}.conflict_cycle AS cycle
INNER JOIN {conflict}.conflict_scope_row AS scope ON scope.cycle_id = cycle.cycle_id
INNER JOIN {conflict}.conflictvisitmaps AS cvm ON cvm."ID" = scope.row_id
WHERE cycle.cycle_id = %(cycle_id)s
    AND cvm."VisitDate" BETWEEN cycle.window_start AND cycle.window_end
    AND cvm."CONFLICTID" IS NOT NULL
    AND cvm."UpdateFlag" IS DISTINCT FROM 1
    AND CASE
        WHEN cycle.settings ->> 'write_mode' = 'changed' THEN cvm."UpdateFlag" IS NOT NULL
        ELSE (cvm."UpdatedDate"::timestamptz >= cycle.opened_at) IS NOT TRUE
    END
