-- The rows that a cycle has to look at by key, in chunk order. Values: cycle_id.
SELECT visit_date, ssn, count(*) AS rows
FROM {conflict}.conflict_scope_row
WHERE cycle_id = %(cycle_id)s
GROUP BY visit_date, ssn
ORDER BY visit_date, ssn
