-- Create one row for each detected conflict: a pair of visits that has a detected row (report_row), whether
-- conflictvisitmaps holds one order of the pair or both. Where the rows of a pair differ, a rule holds if it
-- holds in any of them, the distance is that of the row with the lowest ID, and the earlier start counts.
CREATE TEMPORARY TABLE report_pair ON COMMIT DROP AS
SELECT
    least(visit_id COLLATE "C", con_visit_id COLLATE "C") AS visit_id,
    greatest(visit_id COLLATE "C", con_visit_id COLLATE "C") AS con_visit_id,
    count(*) AS rows,
    min(row_id) AS first_row_id,
    min(conflict_id) AS conflict_id,
    min(visit_date) AS visit_date,
    min(created_at) AS created_at,
    least(min(starts_at), min(con_starts_at)) AS starts_at,
    min(ssn COLLATE "C") AS ssn,
    least(min(provider_id COLLATE "C"), min(con_provider_id COLLATE "C")) AS provider_id,
    greatest(max(provider_id COLLATE "C"), max(con_provider_id COLLATE "C")) AS con_provider_id,
    bool_or(same_sch_time) AS same_sch_time,
    bool_or(same_visit_time) AS same_visit_time,
    bool_or(sch_and_visit_time_same) AS sch_and_visit_time_same,
    bool_or(sch_over_another_sch_time) AS sch_over_another_sch_time,
    bool_or(visit_time_over_another_visit_time) AS visit_time_over_another_visit_time,
    bool_or(sch_time_over_visit_time) AS sch_time_over_visit_time,
    bool_or(distance) AS distance
FROM report_row
WHERE is_detected
GROUP BY
    least(visit_id COLLATE "C", con_visit_id COLLATE "C"),
    greatest(visit_id COLLATE "C", con_visit_id COLLATE "C")
