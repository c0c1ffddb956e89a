-- A conflict is a pair of visits that the last cycle detected, counted once. Rows are the lines of
-- conflictvisitmaps that hold these pairs, up to one for each order of the two visits. Visits in conflict are
-- counted once each. Aides are distinct SSNs, because an aide has a different ID at each provider. Providers are
-- those of the visits in conflict. Billed amounts are summed over the visits on the primary side, over those on
-- the conflicting side, and over all of them, each visit once in each sum. A visit that is not billed counts as
-- 0. Amounts above REPORT_MAX_PLAUSIBLE_AMOUNT are implausible: they are left out of the sums and shown
-- separately. The amounts are at risk, not lost, because one of the two visits may be right. Eligible rows are
-- those that the cycle looks at; of these, guarded rows are left unchanged because of in-service or time off.
SELECT
    (SELECT count(*) FROM report_pair) AS pairs,
    row_counts.*,
    visit_counts.*
FROM (
    SELECT
        count(*) FILTER (WHERE is_detected) AS rows,
        count(*) AS eligible_rows,
        count(*) FILTER (WHERE NOT is_detected AND NOT is_guarded) AS not_redetected_rows,
        count(*) FILTER (WHERE NOT is_detected AND is_guarded) AS guarded_rows
    FROM report_row
) AS row_counts
CROSS JOIN (
    SELECT
        count(*) AS visits,
        count(DISTINCT ssn) AS aides,
        count(DISTINCT provider_id) AS providers,
        coalesce(sum(primary_amount), 0)::numeric(38, 2) AS primary_amount,
        coalesce(sum(conflicting_amount), 0)::numeric(38, 2) AS conflicting_amount,
        coalesce(sum(amount), 0)::numeric(38, 2) AS amount,
        count(implausible_amount) AS implausible_visits,
        coalesce(sum(implausible_amount), 0)::numeric(38, 2) AS implausible_amount
    FROM report_visit
) AS visit_counts
