-- The visit window, counted from today in the report time zone (the session's).
-- Values: lookback_years, lookahead_days.
SELECT
    (current_date - make_interval(years => %(lookback_years)s))::date AS window_start,
    (current_date + %(lookahead_days)s::integer) AS window_end
