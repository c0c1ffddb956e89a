-- What the data lacks, among the eligible rows. Unreadable GPS texts: as the chunks of the cycle counted them. Half
-- times: rows that name a visit with only one of its two actual times; it takes part in no rule. No times: rows that
-- name a visit with neither actual nor whole scheduled times. No distance: detected rows of which a visit lacks its
-- coordinates. No speed: rows with a distance that is in no speed band, or in one without a speed; impossible
-- travel cannot be found there. No SSN: rows without one. No payer: detected rows whose primary visit names none.
-- Names cut: rows with a name that fills its column to the last character, and so was probably longer.
-- Values: cycle_id.
SELECT issue.number, issue.issue, issue.count
FROM (
    SELECT
        count(*) FILTER (WHERE is_half_done OR is_con_half_done) AS half_times,
        count(*) FILTER (WHERE is_timeless OR is_con_timeless) AS no_times,
        count(*) FILTER (WHERE is_current AND miles IS NULL) AS no_distance,
        count(*) FILTER (WHERE miles IS NOT NULL AND coalesce(miles_per_hour, 0) = 0) AS no_speed,
        count(*) FILTER (WHERE ssn IS NULL) AS no_ssn,
        count(*) FILTER (WHERE is_current AND payer IS NULL) AS no_payer,
        count(*) FILTER (WHERE has_cut_name) AS names_cut
    FROM report_row
) AS counted
CROSS JOIN LATERAL (
    VALUES
        (
            1, 'unreadable GPS texts',
            (
                SELECT (counts -> 'redetect' ->> 'bad_gps')::bigint
                FROM {conflict}.conflict_cycle_status
                WHERE cycle_id = %(cycle_id)s
            )
        ),
        (2, 'half times', counted.half_times),
        (3, 'no times', counted.no_times),
        (4, 'no distance', counted.no_distance),
        (5, 'no speed', counted.no_speed),
        (6, 'no SSN', counted.no_ssn),
        (7, 'no payer', counted.no_payer),
        (8, 'names cut', counted.names_cut)
) AS issue (number, issue, count)
ORDER BY issue.number
