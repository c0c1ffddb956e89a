-- The rows that an incremental cycle looks at by key, in the order of chunks. Values: cycle_id.
SELECT visit_date, ssn, count(*) AS rows
FROM {conflict}.conflict_changed_row
WHERE cycle_id = %(cycle_id)s
GROUP BY visit_date, ssn
ORDER BY visit_date, ssn
