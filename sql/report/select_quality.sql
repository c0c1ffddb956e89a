-- Gaps in the data of the eligible rows. Unreadable GPS texts: as counted by the chunks of the cycle. Only one
-- actual time: rows with a visit that has either its actual start or its actual end but not both; such a visit
-- takes part in no rule. No times: rows with a visit that has no actual times and no complete scheduled times.
-- No distance: detected rows in which a visit has no coordinates. No speed: rows with a distance that falls into
-- no speed band, or into one without a speed; impossible travel cannot be detected there. No SSN: rows without
-- an SSN. No payer: detected rows whose primary visit has no payer. Cut names: rows with a name that fills its
-- column completely and was therefore probably longer.
-- Values: cycle_id.
SELECT issue.number, issue.issue, issue.count
FROM (
    SELECT
        count(*) FILTER (WHERE is_half_done OR is_con_half_done) AS one_actual_time,
        count(*) FILTER (WHERE is_timeless OR is_con_timeless) AS no_times,
        count(*) FILTER (WHERE is_detected AND miles IS NULL) AS no_distance,
        count(*) FILTER (WHERE miles IS NOT NULL AND coalesce(miles_per_hour, 0) = 0) AS no_speed,
        count(*) FILTER (WHERE ssn IS NULL) AS no_ssn,
        count(*) FILTER (WHERE is_detected AND payer IS NULL) AS no_payer,
        count(*) FILTER (WHERE has_cut_name) AS cut_names
    FROM report_row
) AS counted
CROSS JOIN LATERAL (
    VALUES
        (
            1, 'unreadable GPS texts',
            (
                SELECT coalesce((counts -> 'redetect' ->> 'bad_gps')::bigint, 0)
                FROM {conflict}.conflict_cycle_status
                WHERE cycle_id = %(cycle_id)s
            )
        ),
        (2, 'one actual time', counted.one_actual_time),
        (3, 'no times', counted.no_times),
        (4, 'no distance', counted.no_distance),
        (5, 'no speed', counted.no_speed),
        (6, 'no SSN', counted.no_ssn),
        (7, 'no payer', counted.no_payer),
        (8, 'cut names', counted.cut_names)
) AS issue (number, issue, count)
ORDER BY issue.number
