-- Rows by their StatusFlag before and after the cycle, and by whether the cycle detected them. The status before
-- is taken from the snapshot, which has no rows without a parent.
SELECT
    report_before.status AS status_before,
    report_row.status AS status_now,
    count(*) FILTER (WHERE report_row.is_detected) AS detected_rows,
    count(*) FILTER (WHERE NOT report_row.is_detected) AS not_detected_rows
FROM report_before
INNER JOIN report_row ON report_row.row_id = report_before.row_id
GROUP BY report_before.status, report_row.status
ORDER BY report_before.status COLLATE "C", report_row.status COLLATE "C"
