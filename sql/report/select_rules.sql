-- Conflicts by rule, as pairs of visits and as rows. A conflict can satisfy several rules, so the numbers add up
-- to more than the total. A rule counts for a pair if its column is Y in at least one row of the pair. A cycle
-- sets a rule's column to Y but never back to N, so the column also keeps what earlier cycles found.
SELECT rule.number, rule.rule, rule.pairs, rule.rows
FROM (
    SELECT
        count(*) FILTER (WHERE same_sch_time) AS same_sch_time,
        count(*) FILTER (WHERE same_visit_time) AS same_visit_time,
        count(*) FILTER (WHERE sch_and_visit_time_same) AS sch_and_visit_time_same,
        count(*) FILTER (WHERE sch_over_another_sch_time) AS sch_over_another_sch_time,
        count(*) FILTER (WHERE visit_time_over_another_visit_time) AS visit_time_over_another_visit_time,
        count(*) FILTER (WHERE sch_time_over_visit_time) AS sch_time_over_visit_time,
        count(*) FILTER (WHERE distance) AS distance
    FROM report_pair
) AS pair
CROSS JOIN (
    SELECT
        count(*) FILTER (WHERE same_sch_time) AS same_sch_time,
        count(*) FILTER (WHERE same_visit_time) AS same_visit_time,
        count(*) FILTER (WHERE sch_and_visit_time_same) AS sch_and_visit_time_same,
        count(*) FILTER (WHERE sch_over_another_sch_time) AS sch_over_another_sch_time,
        count(*) FILTER (WHERE visit_time_over_another_visit_time) AS visit_time_over_another_visit_time,
        count(*) FILTER (WHERE sch_time_over_visit_time) AS sch_time_over_visit_time,
        count(*) FILTER (WHERE distance) AS distance
    FROM report_row
    WHERE is_detected
) AS row
CROSS JOIN LATERAL (
    VALUES
        (1, 'SameSchTimeFlag', pair.same_sch_time, row.same_sch_time),
        (2, 'SameVisitTimeFlag', pair.same_visit_time, row.same_visit_time),
        (3, 'SchAndVisitTimeSameFlag', pair.sch_and_visit_time_same, row.sch_and_visit_time_same),
        (4, 'SchOverAnotherSchTimeFlag', pair.sch_over_another_sch_time, row.sch_over_another_sch_time),
        (5, 'VisitTimeOverAnotherVisitTimeFlag', pair.visit_time_over_another_visit_time, row.visit_time_over_another_visit_time),
        (6, 'SchTimeOverVisitTimeFlag', pair.sch_time_over_visit_time, row.sch_time_over_visit_time),
        (7, 'DistanceFlag', pair.distance, row.distance)
) AS rule (number, rule, pairs, rows)
ORDER BY rule.number
