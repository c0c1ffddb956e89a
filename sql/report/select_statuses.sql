-- Rows by StatusFlag, separately for rows that the cycle detected and for rows that it did not, which include
-- guarded ones. A cycle sets the status of a detected row to U unless it is W, I or empty. All other letters are
-- set by the application.
SELECT
    status,
    count(*) FILTER (WHERE is_detected) AS detected_rows,
    count(*) FILTER (WHERE NOT is_detected) AS not_detected_rows
FROM report_row
GROUP BY status
ORDER BY count(*) DESC, status COLLATE "C"
