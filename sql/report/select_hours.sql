-- Conflicts by weekday of the visit date (1 is Monday) and by the hour in which the earlier of the two visits
-- starts. Each pair of visits counts once. A visit starts at its actual time or, without one, at its scheduled
-- time.
SELECT
    extract(isodow FROM visit_date)::integer AS weekday,
    extract(hour FROM starts_at)::integer AS hour,
    count(*) AS pairs
FROM report_pair
WHERE starts_at IS NOT NULL
GROUP BY weekday, hour
ORDER BY weekday, hour
