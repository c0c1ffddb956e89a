-- Impossible travel: pairs for which the column of rule 7 is Y, with the distance and the minutes between both visits of
-- the pair's first row by ID. How many there are, what half of them exceeds, and what one in a hundred does.
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
