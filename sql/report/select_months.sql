-- Conflicts by month of the visit date, and the billed amount of the visits in them. Each pair and each visit
-- counts once. The first and the last month are incomplete because the cycle's window begins and ends within
-- them. Future visits have not been billed yet and can only conflict by their schedules.
-- Values: window_start, window_end.
SELECT
    month.month::date AS month,
    coalesce(pair.pairs, 0) AS pairs,
    coalesce(visit.amount, 0)::numeric(38, 2) AS amount
FROM generate_series(
    date_trunc('month', %(window_start)s::timestamp), %(window_end)s::timestamp, interval '1 month'
) AS month (month)
LEFT JOIN (
    SELECT date_trunc('month', visit_date::timestamp) AS month, count(*) AS pairs
    FROM report_pair
    GROUP BY 1
) AS pair USING (month)
LEFT JOIN (
    SELECT date_trunc('month', visit_date::timestamp) AS month, sum(amount) AS amount
    FROM report_visit
    GROUP BY 1
) AS visit USING (month)
ORDER BY month.month
