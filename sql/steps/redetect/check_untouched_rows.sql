-- Eligible rows that the cycle looks at, and that it neither updated nor marked. Where it writes only what differs,
-- a row without a mark may be as it should be; one with any other flag is not.
-- Identifiers: is_looked_at (on cvm and cycle). Values: cycle_id.
SELECT count(*) AS failing
FROM {conflict}.conflict_cycle AS cycle
INNER JOIN {conflict}.conflictvisitmaps AS cvm
    ON cvm."VisitDate" BETWEEN cycle.window_start AND cycle.window_end AND {is_looked_at}
WHERE cycle.cycle_id = %(cycle_id)s
    AND cvm."CONFLICTID" IS NOT NULL
    AND cvm."UpdateFlag" IS DISTINCT FROM 1
    AND CASE
        WHEN cycle.settings ->> 'write_mode' = 'changed' THEN cvm."UpdateFlag" IS NOT NULL
        ELSE (cvm."UpdatedDate"::timestamptz >= cycle.opened_at) IS NOT TRUE
    END
