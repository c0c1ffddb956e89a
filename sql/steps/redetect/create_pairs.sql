-- The re-detected rows of the chunk: both visits exist, with equal date, equal SSN and different providers, and at least
-- one rule holds. The times of a visit are starts_at and ends_at of create_visits.sql.
-- Values: cycle_id.
CREATE TEMPORARY TABLE pair ON COMMIT DROP AS
SELECT
    chunk_row.row_id,
    chunk_row.visit_id,
    chunk_row.con_visit_id,
    travel.minutes_between,
    travel.miles,
    travel.miles_per_hour,
    travel.eta_minutes,
    NOT p.is_done AND NOT c.is_done AND times.equal AS "SameSchTimeFlag",
    p.is_done AND c.is_done AND times.equal AS "SameVisitTimeFlag",
    p.is_done <> c.is_done AND times.equal AS "SchAndVisitTimeSameFlag",
    NOT p.is_done AND NOT c.is_done AND times.overlap AS "SchOverAnotherSchTimeFlag",
    p.is_done AND c.is_done AND times.overlap AS "VisitTimeOverAnotherVisitTimeFlag",
    p.is_done <> c.is_done AND times.overlap AS "SchTimeOverVisitTimeFlag",
    travel.too_far AS "DistanceFlag"
FROM chunk_row
INNER JOIN visit AS p ON p."VisitID" = chunk_row.visit_id
INNER JOIN visit AS c ON c."VisitID" = chunk_row.con_visit_id
-- There is one row, which the planner cannot know.
CROSS JOIN (SELECT "ExtraDistancePer" FROM {planned_settings} AS planned LIMIT 1) AS settings
CROSS JOIN LATERAL (
    SELECT
        coalesce(p.starts_at = c.starts_at AND p.ends_at = c.ends_at, FALSE) AS equal,
        coalesce(
            p.starts_at < c.ends_at AND p.ends_at > c.starts_at
            AND NOT (p.starts_at = c.starts_at AND p.ends_at = c.ends_at),
            FALSE
        ) AS overlap,
        -- seconds from the end of one visit to the start of the other, in both orders; done visits only
        CASE WHEN p.is_done AND c.is_done THEN extract(epoch FROM c.starts_at - p.ends_at) END AS to_conflicting,
        CASE WHEN p.is_done AND c.is_done THEN extract(epoch FROM p.starts_at - c.ends_at) END AS to_primary
) AS times
CROSS JOIN LATERAL (
    -- the haversine of the angle between the two places; NULL where one is unknown. Half differences too small to
    -- be squared, which Postgres reports as an underflow, count as none. OFFSET 0: computed once, not at each use.
    SELECT
        power(CASE WHEN abs(latitude) < 1e-100 THEN 0 ELSE latitude END, 2)
        + cos(radians(p.primary_latitude)) * cos(radians(c.conflicting_latitude))
        * power(CASE WHEN abs(longitude) < 1e-100 THEN 0 ELSE longitude END, 2) AS haversine
    FROM (
        SELECT
            sin(radians(c.conflicting_latitude - p.primary_latitude) / 2) AS latitude,
            sin(radians(c.conflicting_longitude - p.primary_longitude) / 2) AS longitude
        OFFSET 0
    ) AS half
    OFFSET 0
) AS angle
CROSS JOIN LATERAL (
    -- great-circle distance. At antipodes rounding may exceed 1, where asin has no value; not least(), which
    -- makes 1 of NULL.
    SELECT round((
        2 * 6371000 * asin(sqrt(CASE WHEN angle.haversine > 1 THEN 1 ELSE angle.haversine END))
        / 1609.34 * settings."ExtraDistancePer"
    )::numeric, 2) AS miles
    OFFSET 0
) AS distance
LEFT JOIN LATERAL (
    SELECT mph."AverageMilesPerHour" AS miles_per_hour
    FROM {planned_mph} AS mph
    WHERE distance.miles BETWEEN mph."From" AND mph."To"
    ORDER BY mph."From", mph."ID"
    LIMIT 1
) AS band ON TRUE
CROSS JOIN LATERAL (
    -- multiplied first, so that a finite result is exact before it is rounded
    SELECT round(distance.miles * 60 / nullif(band.miles_per_hour, 0), 2) AS eta_minutes OFFSET 0
) AS eta
CROSS JOIN LATERAL (
    SELECT
        distance.miles,
        band.miles_per_hour,
        eta.eta_minutes,
        CASE
            WHEN times.to_conflicting > 0 AND times.to_primary > 0
                THEN least(times.to_conflicting, times.to_primary) / 60
            WHEN times.to_conflicting > 0 THEN times.to_conflicting / 60
            WHEN times.to_primary > 0 THEN times.to_primary / 60
            ELSE 0
        END AS minutes_between,
        coalesce(
            (times.to_conflicting > 0 AND times.to_conflicting < eta.eta_minutes * 60)
            OR (times.to_primary > 0 AND times.to_primary < eta.eta_minutes * 60),
            FALSE
        ) AS too_far
) AS travel
WHERE p."VisitDate" = c."VisitDate"
    AND p."SSN" = c."SSN"
    AND p."ProviderID" <> c."ProviderID"
    AND (times.equal OR times.overlap OR travel.too_far)
