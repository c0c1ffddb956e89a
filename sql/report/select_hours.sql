-- Conflicts by weekday of the visit date (1 is Monday) and by the hour in which the earlier of both visits starts, each
-- pair once. A visit starts at its actual time, or at its scheduled one if it has none.
SELECT
    extract(isodow FROM visit_date)::integer AS weekday,
    extract(hour FROM starts_at)::integer AS hour,
    count(*) AS pairs
FROM report_pair
WHERE starts_at IS NOT NULL
GROUP BY weekday, hour
ORDER BY weekday, hour
