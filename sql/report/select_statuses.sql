-- Rows by StatusFlag: detected ones (current) and those that bear the mark, guarded ones among them. The update sets U
-- on what it detects, but keeps W, I and an empty status; other letters are the application's.
SELECT
    status,
    count(*) FILTER (WHERE is_current) AS current_rows,
    count(*) FILTER (WHERE NOT is_current) AS marked_rows
FROM report_row
GROUP BY status
ORDER BY count(*) DESC, status COLLATE "C"
