-- The visits that were written by a transaction or a later one. They are found by the time of their change, which
-- has an index; checking each visit would take minutes. Values: transactions_from, updated_until, overlap.
INSERT INTO changed_key (table_name, key)
SELECT 'factvisitcallperformance_cr', "Visit Id"
FROM {analytics}.factvisitcallperformance_cr
WHERE (
    "Updated Datatimestamp" >= coalesce(%(updated_until)s::timestamptz, '-infinity') - %(overlap)s::interval
    OR "Updated Datatimestamp" IS NULL
)
    AND age(xmin) BETWEEN 0 AND (SELECT age(%(transactions_from)s::xid8::xid))
