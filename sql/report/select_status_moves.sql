-- Rows by the letter that they had in the snapshot before the update (StatusFlag of the row, there called ConStatusFlag)
-- and the one that they have now, and whether they were detected. Rows without a parent are in no snapshot.
SELECT
    report_before.status AS status_before,
    report_row.status AS status_now,
    count(*) FILTER (WHERE report_row.is_current) AS current_rows,
    count(*) FILTER (WHERE NOT report_row.is_current) AS marked_rows
FROM report_before
INNER JOIN report_row ON report_row.row_id = report_before.row_id
GROUP BY report_before.status, report_row.status
ORDER BY report_before.status COLLATE "C", report_row.status COLLATE "C"
