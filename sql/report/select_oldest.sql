-- The detected conflicts that have been unresolved for longest, by the earliest CreatedDate of their rows. Days
-- are whole days from that date to the end of the cycle. Rows without a CreatedDate are left out.
-- Values: oldest, cycle_id.
SELECT
    row_number() OVER (ORDER BY pair.created_at, pair.first_row_id) AS rank,
    pair.conflict_id::numeric(38, 0) AS conflict_id,
    pair.first_row_id::numeric(38, 0) AS row_id,
    pair.visit_date,
    pair.visit_id,
    pair.con_visit_id,
    report_row.caregiver_id,
    report_row.provider_name,
    report_row.con_provider_name,
    report_row.status,
    extract(day FROM coalesce(cycle.closed_at, cycle.opened_at)::timestamp - pair.created_at)::integer AS days
FROM report_pair AS pair
INNER JOIN report_row ON report_row.row_id = pair.first_row_id
CROSS JOIN {conflict}.conflict_cycle AS cycle
WHERE cycle.cycle_id = %(cycle_id)s AND pair.created_at IS NOT NULL
ORDER BY rank
LIMIT %(oldest)s
