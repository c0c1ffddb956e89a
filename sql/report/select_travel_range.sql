-- Impossible travel: conflicts that satisfy rule 7, with the distance and the minutes between the two visits,
-- taken from the row of the pair with the lowest ID. Shown are their number and the medians; the chart covers 99
-- of 100 of them.
SELECT
    count(*) AS pairs,
    percentile_disc(0.5) WITHIN GROUP (ORDER BY miles)::float8 AS median_miles,
    percentile_disc(0.5) WITHIN GROUP (ORDER BY minutes)::float8 AS median_minutes,
    percentile_disc(0.5) WITHIN GROUP (ORDER BY eta_minutes)::float8 AS median_eta_minutes,
    percentile_disc(0.99) WITHIN GROUP (ORDER BY miles)::float8 AS most_miles,
    percentile_disc(0.99) WITHIN GROUP (ORDER BY minutes)::float8 AS most_minutes
FROM report_pair
INNER JOIN report_row ON report_row.row_id = report_pair.first_row_id
WHERE report_pair.distance AND report_row.miles IS NOT NULL AND report_row.minutes IS NOT NULL
