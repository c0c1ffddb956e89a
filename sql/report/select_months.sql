-- Conflicts by the month of their visit date, each pair once, and the billed amount of the visits in them, each visit
-- once. The first and the last month are not whole: the window begins and ends within them. Visits to come have
-- not been billed, and are in conflict by their schedules only.
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
