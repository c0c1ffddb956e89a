-- Impossible travel by distance and by the minutes available for it, as squares of a grid with the number of
-- conflicts in each. A square is named by its lower bounds. Minutes are whole numbers.
-- Values: mile_step, minute_step, most_miles, most_minutes.
SELECT
    (floor(report_row.miles / %(mile_step)s) * %(mile_step)s)::float8 AS miles,
    (floor(report_row.minutes / %(minute_step)s) * %(minute_step)s)::float8 AS minutes,
    count(*) AS pairs
FROM report_pair
INNER JOIN report_row ON report_row.row_id = report_pair.first_row_id
WHERE report_pair.distance AND report_row.miles < %(most_miles)s AND report_row.minutes < %(most_minutes)s
GROUP BY 1, 2
ORDER BY 1, 2
