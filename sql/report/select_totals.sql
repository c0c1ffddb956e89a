-- Conflicts are pairs of visits that the last cycle detected, each pair counted once; rows are the lines of
-- conflictvisitmaps that say so, one for either order of a pair. Visits are those in a conflict, each once; aides are
-- distinct SSNs, for an aide has an ID at each provider; providers are those of these visits. The billed amounts are
-- those of the visits on the primary side, of those on the conflicting side, and of all: each visit once in each; a
-- visit that is not billed counts as 0, and amounts that no visit can cost (REPORT_MOST_PLAUSIBLE_AMOUNT) are left out
-- and shown apart. They are at risk, not lost: of two visits one may be right. Eligible rows are
-- those that the cycle could look at; of these, guarded ones are kept as they are for an in-service or time off.
SELECT
    (SELECT count(*) FROM report_pair) AS pairs,
    row_counts.*,
    visit_counts.*
FROM (
    SELECT
        count(*) FILTER (WHERE is_current) AS rows,
        count(*) AS eligible_rows,
        count(*) FILTER (WHERE NOT is_current AND NOT is_guarded) AS not_redetected_rows,
        count(*) FILTER (WHERE NOT is_current AND is_guarded) AS guarded_rows
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
