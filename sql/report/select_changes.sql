-- What has changed, in rows. Newly found: detected, and with an ID above the highest that there was when the completed
-- cycle before this one was planned (unknown where there is none). Reopened: detected, and set back to U from a letter
-- that it had in the snapshot before the update (StatusFlag of the row, there called ConStatusFlag), neither U, W nor I.
-- Resolved: no longer detected, not guarded, and not yet noted as resolved (no ResolveDate), which is what
-- the application does next; a row counts again in each cycle until it has.
-- Values: cycle_id.
WITH before AS (
    SELECT cycle_key, last_row_id
    FROM {conflict}.conflict_cycle
    WHERE state = 'completed' AND cycle_id < %(cycle_id)s
    ORDER BY cycle_id DESC
    LIMIT 1
)

SELECT
    (SELECT cycle_key FROM before) AS previous_cycle_key,
    row_counts.new_rows,
    reopened.reopened_rows,
    row_counts.resolved_rows
FROM (
    SELECT
        CASE WHEN (SELECT last_row_id FROM before) IS NOT NULL THEN
            count(*) FILTER (WHERE is_current AND row_id > (SELECT last_row_id FROM before))
        END AS new_rows,
        count(*) FILTER (WHERE NOT is_current AND NOT is_guarded AND resolved_at IS NULL) AS resolved_rows
    FROM report_row
) AS row_counts
CROSS JOIN (
    SELECT count(*) AS reopened_rows
    FROM report_before
    INNER JOIN report_row ON report_row.row_id = report_before.row_id
    WHERE report_before.status NOT IN ('U', 'W', 'I')
        AND report_row.is_current
        AND report_row.status = 'U'
) AS reopened
