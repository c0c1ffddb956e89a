-- Rows by the letter that they had in the snapshot before the update (StatusFlag of the row, there called ConStatusFlag)
-- and the one that they have now, and whether they were detected. Rows without a parent are in no snapshot.
SELECT
    snapshot."ConStatusFlag" AS status_before,
    report_row.status AS status_now,
    count(*) FILTER (WHERE report_row.is_current) AS current_rows,
    count(*) FILTER (WHERE NOT report_row.is_current) AS marked_rows
FROM {conflict}.conflictvisitmaps_temp AS snapshot
INNER JOIN report_row ON report_row.row_id = snapshot."ID"
GROUP BY snapshot."ConStatusFlag", report_row.status
ORDER BY snapshot."ConStatusFlag" COLLATE "C", report_row.status COLLATE "C"
