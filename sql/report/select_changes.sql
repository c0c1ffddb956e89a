-- What has changed since the previous completed cycle, counted in rows. New: detected rows whose ID is above the
-- highest ID at the time the previous completed cycle was planned; unknown if there is no such cycle. Reopened:
-- detected rows whose status is U now and was something other than U, W or I before this cycle. Resolved: rows
-- that are no longer detected, are not guarded by in-service or time off, and have no ResolveDate yet. The
-- application sets that date next, so a row is counted again in each cycle until it has one.
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
            count(*) FILTER (WHERE is_detected AND row_id > (SELECT last_row_id FROM before))
        END AS new_rows,
        count(*) FILTER (WHERE NOT is_detected AND NOT is_guarded AND resolved_at IS NULL) AS resolved_rows
    FROM report_row
) AS row_counts
CROSS JOIN (
    SELECT count(*) AS reopened_rows
    FROM report_before
    INNER JOIN report_row ON report_row.row_id = report_before.row_id
    WHERE report_before.status NOT IN ('U', 'W', 'I')
        AND report_row.is_detected
        AND report_row.status = 'U'
) AS reopened
